// Server-Sent Events from text as it arrives, in pieces that may end anywhere (WHATWG HTML, 9.2.6). The browser's own
// `EventSource` cannot show a token, so the stream is read with `fetch`.

export class SseParser {
  constructor() {
    this._rest = "";
    this._event = {};
  }

  /** The events, `{kind, id, data}`, that are complete with this piece. */
  feed(text) {
    const lines = (this._rest + text).split("\n");
    this._rest = lines.pop();
    return lines.flatMap((line) => this._line(line.replace(/\r$/, "")));
  }

  _line(line) {
    if (line === "") {
      const event = this._event;
      this._event = {};
      return event.data === undefined ? [] : [{ kind: event.event ?? "message", id: event.id, data: event.data }];
    }
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/);
    if (field === "data" && this._event.data !== undefined) this._event.data += `\n${value}`;
    else if (field) this._event[field] = value;
    return [];
  }
}
