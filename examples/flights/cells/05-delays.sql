-- cached: flights/delays
-- title: Flights by delay

-- In steps of five minutes; what is beyond an hour before or three after is counted at the ends.
WITH airports AS (
  SELECT iata, city || ' (' || iata || ')' AS airport FROM 'data/airports.csv'
), flights AS (
  SELECT date AS departure, airport AS origin, delay
  FROM read_parquet('data/flights.parquet', file_row_number = true) f
  JOIN airports ON iata = f.origin
  WHERE file_row_number % 100 < $percent
)
SELECT
  isodow(departure) AS weekday,
  hour(departure) AS hour,
  coalesce(origin, 'All airports') AS origin,
  greatest(-60, least(180, 5 * floor(delay / 5)))::INTEGER AS delay,
  count(*) AS flights
FROM flights
GROUP BY 1, 2, 4, CUBE (flights.origin)
ORDER BY origin, weekday, hour, 4
