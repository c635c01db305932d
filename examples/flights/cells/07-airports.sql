-- cached: flights/airports
-- title: Airports

SELECT city || ' (' || iata || ')' AS origin, latitude, longitude, count(*) AS departures
FROM read_parquet('data/flights.parquet', file_row_number = true) f
JOIN 'data/airports.csv' ON iata = f.origin
WHERE file_row_number % 100 < $percent
GROUP BY ALL
ORDER BY departures DESC, origin
