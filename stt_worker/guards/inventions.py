"""What Whisper writes where nobody speaks, in the languages that are spoken most: it learned from subtitles.

People can say much of it in earnest, so a phrase alone convicts nobody. The English ones were measured
(docs/performance.md); the others are ends and credits of subtitles, as users of Whisper report them.
"""

# ruff: noqa: RUF001 - Cyrillic letters look like Latin ones

from __future__ import annotations

BY_LANGUAGE = {
    "en": (
        "you", "thank you", "thanks", "bye", "bye bye", "thank you very much", "thank you for watching",
        "thanks for watching", "see you soon", "see you next time", "see you in the next video", "I'm sorry",
        "please subscribe", "I'll be right back", "I'm gonna be right back", "music", "applause", "oh", "so",
    ),
    "zh": (
        "谢谢", "谢谢大家", "谢谢观看", "谢谢收看", "谢谢您的观看", "谢谢大家观看", "感谢观看", "請訂閱",
        "请订阅我的频道", "謝謝", "謝謝大家", "謝謝觀看", "謝謝收看", "再见", "字幕由 Amara.org 社区提供",
        "字幕由Amara.org社区提供", "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "請不吝點贊訂閱轉發打賞支持明鏡與點點欄目",
    ),
    "hi": (
        "धन्यवाद", "धन्यवाद।", "शुक्रिया", "देखने के लिए धन्यवाद", "सब्सक्राइब करें", "चैनल को सब्सक्राइब करें",
    ),
    "es": (
        "gracias", "muchas gracias", "gracias por ver", "gracias por ver el video", "gracias por ver el vídeo",
        "suscríbete", "suscríbete al canal", "hasta la próxima", "adiós", "chao",
        "Subtítulos realizados por la comunidad de Amara.org", "Subtítulos por la comunidad de Amara.org",
    ),
    "ar": (
        "شكرا", "شكراً", "شكرا لكم", "شكرا للمشاهدة", "اشتركوا في القناة", "ترجمة نانسي قنقر", "موسيقى",
    ),
    "fr": (
        "merci", "merci beaucoup", "merci d'avoir regardé", "merci d'avoir regardé cette vidéo", "au revoir",
        "à bientôt", "abonnez-vous", "Sous-titrage Société Radio-Canada", "Sous-titrage ST' 501",
        "Sous-titres par Amara.org", "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titres réalisés para la communauté d'Amara.org",
    ),
    "bn": (
        "ধন্যবাদ", "দেখার জন্য ধন্যবাদ", "সাবস্ক্রাইব করুন",
    ),
    "pt": (
        "obrigado", "obrigada", "muito obrigado", "obrigado por assistir", "até a próxima", "tchau",
        "inscreva-se no canal", "Legendas pela comunidade Amara.org", "Legendas pela comunidade de Amara.org",
    ),
    "ru": (
        "спасибо", "спасибо за внимание", "спасибо за просмотр", "продолжение следует", "до свидания",
        "до новых встреч", "подписывайтесь на канал", "субтитры сделал DimaTorzok",
        "субтитры создавал DimaTorzok", "редактор субтитров А.Семкин корректор А.Егорова",
    ),
    "ur": (
        "شکریہ", "دیکھنے کے لیے شکریہ", "سبسکرائب کریں",
    ),
    "id": (
        "terima kasih", "terima kasih telah menonton", "terima kasih sudah menonton", "sampai jumpa",
    ),
    "de": (
        "danke", "vielen Dank", "danke schön", "vielen Dank fürs Zuschauen", "vielen Dank für's Zuschauen",
        "tschüss", "bis zum nächsten Mal", "Untertitel der Amara.org-Community",
        "Untertitel von Stephanie Geiges", "Untertitel im Auftrag des ZDF für funk, 2017",
        "Untertitelung des ZDF, 2020", "Untertitelung aufgrund der",
    ),
    "ja": (
        "ご視聴ありがとうございました", "ご清聴ありがとうございました", "ありがとうございました",
        "ありがとうございます", "おやすみなさい", "最後までご視聴ありがとうございました",
        "チャンネル登録をお願いいたします", "はい",
    ),
    "ko": (
        "감사합니다", "고맙습니다", "시청해주셔서 감사합니다", "시청해 주셔서 감사합니다",
        "다음 영상에서 만나요", "구독과 좋아요 부탁드립니다", "다음 시간에 만나요", "안녕히 계세요",
        "한글자막 by 한효정", "MBC 뉴스 이덕영입니다", "MBC 뉴스 김성현입니다",
    ),
}  # fmt: skip
"""ISO 639 code → phrases, as they are written: English, the nine other languages with most speakers, and those of the
page and of the tests."""


def plain(text: str) -> str:
    """The text in lower case, with letters and digits alone and single spaces."""
    kept = (character for character in text.lower() if character.isalnum() or character.isspace())
    return " ".join("".join(kept).split())


INVENTIONS = frozenset(plain(phrase) for phrases in BY_LANGUAGE.values() for phrase in phrases)
"""All of them as `plain` writes them; in whichever language Whisper was told to write, it invents in any."""


def repeats_invention(before: str, after: str) -> bool:
    """Whether the text `after` says once more how `before` ends, and is a phrase of INVENTIONS: "Thank you." twice."""
    phrase = plain(after)
    return phrase in INVENTIONS and f" {plain(before)}".endswith(f" {phrase}")
