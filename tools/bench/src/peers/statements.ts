const measures =
  'count(*) as flights, avg(delay_minutes) as average_delay_minutes, avg((delay_minutes > 15)::int) as late_share'

/** Of `raw`, the file as it was delivered. */
export const clean = `select * from (select distinct date as departed_at, date::date as flight_date, origin, destination,
  distance as distance_miles, delay as delay_minutes from raw) where delay_minutes between -120 and 1440`
export const byDay = `select flight_date, origin, ${measures} from flights group by flight_date, origin`
export const byRoute = `select origin, destination, ${measures} from flights group by origin, destination`
