import { inject } from "vitest";
import { testQueue } from "./queue-contract.ts";
import { newNameOn } from "./queue-place.ts";

for (const { name, url } of inject("redisServers")) testQueue(name, newNameOn(url));
