select distinct id, ordered_at::date as ordered_on, trim(customer) as customer, country, amount
from raw
where status = 'paid' and ordered_at >= $partition_start and ordered_at < $partition_end
