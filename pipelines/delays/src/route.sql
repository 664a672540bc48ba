select
  origin,
  destination,
  count(*) as flights,
  avg(delay_minutes) as average_delay_minutes,
  avg((delay_minutes > $late_after_minutes)::int) as late_share
from flights
group by origin, destination
