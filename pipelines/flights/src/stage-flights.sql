select *
from deduplicated
where delay_minutes between -120 and 1440
