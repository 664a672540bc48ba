select
    payment_id,
    order_id,
    method
from {{ source('payment_provider', 'payments') }}
