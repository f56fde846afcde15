/** The years that the days of a calendar are computed for. */
export const FIRST_YEAR = 1901;
export const LAST_YEAR = 2100;
