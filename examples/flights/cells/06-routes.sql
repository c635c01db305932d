-- cached: flights/routes
-- title: Routes

WITH airports AS (
  SELECT iata, city || ' (' || iata || ')' AS airport FROM 'data/airports.csv'
), flights AS (
  SELECT o.airport AS origin, d.airport AS destination, distance AS miles, delay
  FROM read_parquet('data/flights.parquet', file_row_number = true) f
  JOIN airports o ON o.iata = f.origin
  JOIN airports d ON d.iata = f.destination
  WHERE file_row_number % 100 < $percent
)
SELECT
  origin,
  destination,
  max(miles) AS miles,
  count(*) AS flights,
  sum(delay) AS delay,
  sum(greatest(delay, 0)) AS delay_of_late,
  count(*) FILTER (delay >= 15) AS late_15,
  count(*) FILTER (delay >= 30) AS late_30,
  count(*) FILTER (delay >= 45) AS late_45,
  count(*) FILTER (delay >= 60) AS late_60
FROM flights
GROUP BY origin, destination
ORDER BY flights DESC, origin, destination
