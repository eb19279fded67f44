import { FormatError } from "../../errors/base.ts";
import { DAMAGED } from "../errors.ts";

/** A file that is no zip archive, or one whose directory of members cannot be right. */
export function npzArchive(file: string, problem: string): FormatError {
  return new FormatError({
    code: "NPZ_ARCHIVE",
    what: `${file}: ${problem}.`,
    hint: DAMAGED,
    fields: { file, problem },
  });
}

/** A member of an archive that is not read. */
export function npzMember(file: string, member: string, problem: string): FormatError {
  return new FormatError({
    code: "NPZ_MEMBER",
    what: `${file}: the member "${member}" ${problem}.`,
    hint: "Write it by numpy.savez or numpy.savez_compressed.",
    fields: { file, member, problem },
  });
}

/** A member that is no array as NumPy writes it, or whose length is not that of its shape. */
export function npyHeader(file: string, member: string, problem: string): FormatError {
  return new FormatError({
    code: "NPY_HEADER",
    what: `${file}: the array "${member}" ${problem}.`,
    hint: DAMAGED,
    fields: { file, member, problem },
  });
}

/** An array of elements that are not read. */
export function npyDtype(file: string, member: string, descr: string, known: readonly string[]): FormatError {
  return new FormatError({
    code: "NPY_DTYPE",
    what: `${file}: the array "${member}" has the dtype ${JSON.stringify(descr)}.`,
    hint: `Known are ${known.join(", ")}: objects, which would be unpickled, are none.`,
    fields: { file, member, descr, known },
  });
}
