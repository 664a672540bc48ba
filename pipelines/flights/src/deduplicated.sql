select distinct
  date as departed_at,
  date::date as flight_date,
  origin,
  destination,
  distance as distance_miles,
  delay as delay_minutes
from raw
where date >= $partition_start and date < $partition_end
