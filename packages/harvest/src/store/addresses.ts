import type { StoreAddress } from "./address.ts";
import { s3 } from "./s3.ts";
import { web } from "./web.ts";

/** Every kind of address of a store; what is none is a folder. */
export const ADDRESSES: readonly StoreAddress[] = [s3, web];
