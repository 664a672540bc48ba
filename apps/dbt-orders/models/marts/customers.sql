select
    c.customer_id,
    c.customer_name,
    c.country,
    count(o.order_id) as orders,
    coalesce(sum(o.amount_cents) filter (where o.status <> 'returned'), 0) as revenue_cents,
    min(o.ordered_on) as first_ordered_on,
    max(o.ordered_on) as last_ordered_on
from {{ ref('stg_customers') }} as c
left join {{ ref('orders') }} as o on o.customer_id = c.customer_id
group by c.customer_id, c.customer_name, c.country
