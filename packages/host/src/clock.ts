/**
 * Three clocks with three uses. Safety rests on `monotonicMs` only (MISSION row 11: never wall-clock time).
 */
export interface Clock {
  /** Milliseconds, fractional, since an arbitrary fixed origin; never goes back; may stop while the machine is suspended. */
  monotonicMs(): number;
  /**
   * Milliseconds, fractional, since an arbitrary fixed origin, counting suspended time too (CLOCK_BOOTTIME). Where its
   * distance to `monotonicMs` grows, the machine was suspended and promises about time are void.
   */
  bootMs(): number;
  /** Milliseconds since the Unix epoch. For people and logs; it may jump either way. */
  wallMs(): number;
}
