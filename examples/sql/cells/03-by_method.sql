SELECT method, count(*) AS planets, count(mass) AS weighed, round(avg(mass), 3) AS mean_mass
FROM planets
WHERE year >= $first_year
GROUP BY method
ORDER BY planets DESC, method
