-- cached: flights/all
-- title: All flights

WITH airports AS (
  SELECT iata, city || ' (' || iata || ')' AS airport FROM 'data/airports.csv'
)
SELECT f.date AS departure, o.airport AS origin, d.airport AS destination, distance AS miles, delay
FROM read_parquet('data/flights.parquet', file_row_number = true) f
JOIN airports o ON o.iata = f.origin
JOIN airports d ON d.iata = f.destination
-- The first of every hundred flights, so that a smaller share is spread out.
WHERE file_row_number % 100 < $percent
ORDER BY file_row_number
