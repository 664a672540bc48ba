-- The revenue of all days is that of all customers.
with
by_day as (select coalesce(sum(revenue_cents), 0) as total from {{ ref('daily_revenue') }}),
by_customer as (select coalesce(sum(revenue_cents), 0) as total from {{ ref('customers') }})

select by_day.total as by_day, by_customer.total as by_customer
from by_day cross join by_customer
where by_day.total <> by_customer.total
