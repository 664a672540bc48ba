select
    customer_id,
    name as customer_name,
    upper(country) as country,
    signed_up_on
from {{ ref('raw_customers') }}
