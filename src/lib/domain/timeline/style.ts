/**
 * The style sheet of the timeline's picture. Every text has a contrast of 4.5:1 or more to what is under it, in light
 * and in dark. Plain declarations, no variables: renderers other than browsers know nothing else.
 */
export const TIMELINE_STYLE = `
.tl{max-width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.tl text{font-size:12px;fill:#1d2330}
.tl .card{fill:#fff;stroke:#e2e5ec}
.tl .heading{font-size:16px;font-weight:650}
.tl .name{font-size:13px;font-weight:600}
.tl .muted{font-size:12px;fill:#626b7c}
.tl .tick{font-size:11px;fill:#626b7c;font-variant-numeric:tabular-nums}
.tl .lane{fill:#f3f5f9}
.tl .ghost{fill:none;stroke:#cfd5e0;stroke-dasharray:5 5}
.tl .grid{stroke:#e2e6ee}
.tl .video{fill:#3d63dd}
.tl .audio{fill:#0d7d63}
.tl .text{fill:#9440c4}
.tl .other{fill:#5c6779}
.tl .on{fill:#fff;font-weight:550}
.tl .soft{font-size:11px;font-weight:400;fill-opacity:.93}
.tl .level{fill:#fff;fill-opacity:.2}
.tl .line{stroke:#fff;stroke-opacity:.85;stroke-width:1.5}
@media (prefers-color-scheme:dark){
.tl text{fill:#e8ebf2}
.tl .card{fill:#12151c;stroke:#272c38}
.tl .muted,.tl .tick{fill:#98a1b3}
.tl .lane{fill:#1b1f29}
.tl .ghost{stroke:#3a4252}
.tl .grid{stroke:#2a303d}
.tl .video{fill:#4467d8}
.tl .audio{fill:#14795f}
.tl .text{fill:#9148bd}
.tl .other{fill:#5d687b}
.tl .on{fill:#fff}
}
`.trim();
