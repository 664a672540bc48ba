select ordered_on, country, count(*) as orders, sum(amount) as revenue
from orders
group by ordered_on, country
