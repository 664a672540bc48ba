select iata, trim(name) as name, trim(city) as city, state, country, latitude, longitude
from raw
