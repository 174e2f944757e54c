/** The time, for ages and durations on the screen. One timer for the whole window. */

class Clock {
  nowMs = $state(Date.now());

  /** Moves once in a second while the window can be seen. */
  run(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden) this.nowMs = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
