with amounts as (
    select
        order_id,
        count(*) as items,
        sum(amount_cents) as amount_cents
    from {{ ref('stg_order_items') }}
    group by order_id
)

select
    o.order_id,
    o.customer_id,
    o.ordered_at,
    o.ordered_on,
    o.status,
    coalesce(a.items, 0) as items,
    coalesce(a.amount_cents, 0) as amount_cents,
    p.method as payment_method
from {{ ref('stg_orders') }} as o
left join amounts as a on a.order_id = o.order_id
left join {{ ref('stg_payments') }} as p on p.order_id = o.order_id
