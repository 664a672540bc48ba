select
    order_id,
    line,
    product,
    quantity,
    quantity * unit_price_cents as amount_cents
from {{ ref('raw_order_items') }}
