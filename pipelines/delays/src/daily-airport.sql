select
  flight_date,
  origin,
  count(*) as flights,
  avg(delay_minutes) as average_delay_minutes,
  percentile_cont(0.9) within group (order by delay_minutes) as p90_delay_minutes,
  avg((delay_minutes > $late_after_minutes)::int) as late_share
from flights
group by flight_date, origin
