export { queueConformance } from "./queues.ts";
export { harvestStoreConformance } from "./stores.ts";
