import { testQueue } from "./queue-contract.ts";
import { newFile } from "./queue-place.ts";

testQueue("embedded", newFile);
