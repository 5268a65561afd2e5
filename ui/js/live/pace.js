// Looks again and again at a pace, never twice at once, and slower while the server is. Knows
// neither camera nor page.

const FIRST_REST = 2; // seconds of rest after the first answer that did not come
const LONGEST_REST = 60;
const GOES_ON = ["busy", "away", "broken"]; // kinds of Trouble that pass

// look(): a promise of one look; ended(error): it is over, as there is no key any more; paced({rest,
// took}): seconds until the next look where the server asks for a rest, and that the last one took.
// Times are in seconds; an `every` of 0 is "as soon as there is an answer".
export function createPace({ every, look, ended, paced }) {
  let pace = every;
  let timer = 0;
  let on = false;
  let looking = false;
  let began = 0;
  let rest = 0;

  function failed(error) {
    if (!GOES_ON.includes(error.kind)) {
      on = false;
      ended(error);
      return;
    }
    rest = Math.min(LONGEST_REST, Math.max(error.retryAfter ?? 0, rest ? 2 * rest : FIRST_REST));
  }

  function schedule() {
    clearTimeout(timer);
    const gone = (performance.now() - began) / 1000;
    const due = Math.max(0, pace - gone, rest);
    timer = setTimeout(turn, 1000 * due);
  }

  async function turn() {
    looking = true;
    began = performance.now();
    try {
      await look();
      rest = 0;
    } catch (error) {
      failed(error);
    }
    looking = false;
    if (!on) return;
    paced({ rest, took: (performance.now() - began) / 1000 });
    schedule();
  }

  return {
    start() {
      if (on) return;
      on = true;
      rest = 0;
      if (!looking) turn(); // one that is under way goes on by itself
    },
    pause() {
      on = false;
      clearTimeout(timer);
    },
    set(seconds) {
      pace = seconds;
      if (on && !looking) schedule();
    },
    get on() {
      return on;
    },
  };
}
