// How large a switch is in the picture, and how much room it has there with what stands around it; in px.

export const BOX = { width: 96, height: 40 };
export const CELL = { width: 124, height: 66 };
