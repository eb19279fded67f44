export {
  FormatError,
  HookdictError,
  HookError,
  isHookdictError,
  KeyError,
  LifetimeError,
  MatchError,
  ShapeError,
  UsageError,
} from "./base.ts";
export type { ErrorParts } from "./base.ts";
