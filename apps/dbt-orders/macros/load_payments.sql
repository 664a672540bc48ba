{# Stands for the loader of the payment provider, which dbt knows as a source only: a payment for each order that is not pending. #}
{% macro load_payments() %}
create schema if not exists payment_provider;
create or replace table payment_provider.payments as
select
    n as payment_id,
    n as order_id,
    case n % 3 when 0 then 'card' when 1 then 'transfer' else 'voucher' end as method,
    current_timestamp as loaded_at
from generate_series(1, 300) as series (n)
where n % 10 <> 0
{% endmacro %}
