{{ config(materialized='incremental', unique_key='ordered_on', incremental_strategy='delete+insert') }}

select
    ordered_on,
    count(*) as orders,
    coalesce(sum(amount_cents) filter (where status <> 'returned'), 0) as revenue_cents
from {{ ref('orders') }}
{% if is_incremental() %}
-- The last day that is there may not have been over.
where ordered_on >= (select coalesce(max(ordered_on), date '1970-01-01') from {{ this }})
{% endif %}
group by ordered_on
