SELECT
  origin,
  destination,
  miles,
  flights,
  round(delay / flights, 1) AS mean_delay,
  round(100 * late_15 / flights, 1) AS percent_late
FROM routes
WHERE miles >= $least_miles AND (origin = $origin OR $origin = 'All airports')
ORDER BY flights DESC, origin, destination
