/** Of the history that a seed makes: links say with which one they were made. */
export const version = "0.1.0";
