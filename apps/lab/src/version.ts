/** Of the package. What links say is more than that: `links/history-version.ts`. */
export const version = "0.1.0";
