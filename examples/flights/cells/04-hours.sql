-- cached: flights/hours
-- title: Flights by day, hour and airport

-- CUBE adds the sums over all airports, as rows of their own: whichever airport is chosen, what is
-- left to sum up is the 4,344 hours of half a year.
WITH airports AS (
  SELECT iata, city || ' (' || iata || ')' AS airport FROM 'data/airports.csv'
), flights AS (
  SELECT date AS departure, airport AS origin, delay
  FROM read_parquet('data/flights.parquet', file_row_number = true) f
  JOIN airports ON iata = f.origin
  WHERE file_row_number % 100 < $percent
)
SELECT
  departure::DATE AS day,
  isodow(departure) AS weekday,
  hour(departure) AS hour,
  coalesce(origin, 'All airports') AS origin,
  count(*) AS flights,
  sum(delay) AS delay,
  sum(greatest(delay, 0)) AS delay_of_late,
  count(*) FILTER (delay >= 15) AS late_15,
  count(*) FILTER (delay >= 30) AS late_30,
  count(*) FILTER (delay >= 45) AS late_45,
  count(*) FILTER (delay >= 60) AS late_60
FROM flights
GROUP BY day, weekday, hour, CUBE (flights.origin)
ORDER BY origin, day, hour
