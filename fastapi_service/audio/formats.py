"""The kinds of files that are decoded. What documents and the page say of them is tested against this list."""

FORMATS = "wav,mp3,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,aac,aiff,caf,amr,asf,avi,mpegts,mpeg,flv,au,w64,wv"
"""FFmpeg's names. Playlists (HLS, concat) are not among them, because they name other files and addresses."""
KINDS = (
    "wav", "mp3", "flac", "ogg", "opus", "m4a", "mp4", "webm", "mkv", "mov", "aac", "aiff", "caf", "3gp", "amr",
    "wma", "avi", "ts", "mpg", "flv", "au", "w64", "wv",
)  # fmt: skip
"""The endings of their files, as users know them."""
