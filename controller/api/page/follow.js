// The daemon's events, as they happen and for ever. A stream that ends, or is silent for longer than the daemon ever is,
// is opened again after the last event that was read: `Last-Event-ID` works over a restart of the daemon, too.

import { SseParser } from "./sse.js";

const SILENT = 40_000; // ms; the daemon says something each 15 s
const PAUSE = 2_000; // ms

/**
 * Call `onEvents` with those that arrived together, from the one after `last`, and `onState` with whether it listens.
 */
export async function follow(api, last, onEvents, onState) {
  for (;;) {
    const stop = new AbortController();
    let alarm;
    const wait = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => stop.abort(), SILENT);
    };
    try {
      wait();
      const headers = { "Last-Event-ID": String(last) };
      const response = await api.open("events/stream", {}, { headers, signal: stop.signal, cache: "no-store" });
      onState(true);
      const parser = new SseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        wait();
        const events = parser.feed(piece.value);
        last = events.at(-1)?.id ?? last;
        if (events.length) onEvents(events);
      }
    } catch {
      // Tried again, whatever it was.
    }
    clearTimeout(alarm);
    onState(false);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
