// Answers /fib with fib(30), computed for each request, and /kept with the same from memory.
import express from "express";

const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
const kept = fib(30);
const app = express();
app.get("/fib", (_request, response) => response.json({ fib: fib(30) }));
app.get("/kept", (_request, response) => response.json({ fib: kept }));
const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
process.once("SIGTERM", () => process.exit(0));
