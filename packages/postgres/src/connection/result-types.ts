import type pg from "pg";

const BOOL = 16;
const NUMBERS = new Set([20, 21, 23, 700, 701]);

/**
 * The types of results, whatever an app has made of the types of `pg` or of its pool. Bytes have
 * no type here, because a role decides on their form. Statements return them as base64.
 */
export const resultTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) => {
    if (oid === BOOL) return (text: string) => text === "t";
    return NUMBERS.has(oid) ? Number : String;
  }) as typeof pg.types.getTypeParser,
};
