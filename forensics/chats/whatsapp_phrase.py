"""What WhatsApp itself writes into its exports, in the languages of its users.

Source: the phrases of the app as public readers of its exports list them; docs/chat-formats.md says which were seen.
"""

from __future__ import annotations

import re

_ATTACHED_BEFORE = (
    *(
        "attached",
        "Anhang",
        "adjunto",
        "archivo adjunto",
        "pièce jointe",
        "fichier joint",
        "allegato",
        "anexado",
        "anexo",
    ),
    *(
        "bijgevoegd",
        "bijlage",
        "附件",
        "附加",
        "添付ファイル",
        "添付",
        "첨부 파일",
        "прикреплено",
        "מצורף",
        "مرفق",
        "ekli",
        "ek",
    ),
)
_ATTACHED_AFTER = (
    *("file attached", "Datei angehängt", "Dateianhang", "archivo adjunto", "fichier joint", "file allegato"),
    *(
        "arquivo anexado",
        "ficheiro anexado",
        "bestand bijgevoegd",
        "文件附件",
        "附件",
        "文件已附加",
        "檔案附件",
        "檔案已附加",
    ),
    *("ファイル添付", "파일 첨부됨", "файл добавлен", "קובץ מצורף", "ملف مرفق", "الملف مرفق", "dosya ekli"),
)
_OMITTED = (
    *("<Media omitted>", "image omitted", "video omitted", "audio omitted", "sticker omitted", "GIF omitted"),
    *("document omitted", "Contact card omitted", "video note omitted", "<Medien ausgeschlossen>", "<Medien fehlen>"),
    *("Bild weggelassen", "Video weggelassen", "Audio weggelassen", "Sticker weggelassen", "GIF weggelassen"),
    *("Dokument weggelassen", "<Médias omis>", "<Média manquante>", "image absente", "vidéo absente", "audio omis"),
    *("sticker omis", "document manquant", "GIF retiré", "<Multimedia omitido>", "<Media omitida>", "imagen omitida"),
    *("Video omitido", "audio omitido", "sticker omitido", "documento omitido", "<Media omessi>", "immagine omessa"),
    *("<Mídia omitida>", "<Arquivo de mídia oculto>", "imagem ocultada", "<Media weggelaten>", "afbeelding weggelaten"),
    *(
        "<省略多媒体文件>",
        "<忽略多媒体文件>",
        "<已省略媒體檔案>",
        "<媒體已略去>",
        "图像已忽略",
        "图片已略去",
        "视频已忽略",
        "音频已忽略",
    ),
    *(
        "忽略图片",
        "忽略视频",
        "忽略音频",
        "圖片已略去",
        "影片已略去",
        "<メディアは含まれていません>",
        "画像は含まれていません",
    ),
    *("<Без медиафайлов>", "<המדיה הוסרה>", "<המדיה לא נכללה>", "<Medya dahil edilmedi>", "<تم استبعاد الوسائط>"),
)
_DELETED = (
    *("This message was deleted", "You deleted this message", "Diese Nachricht wurde gelöscht"),
    *("Du hast diese Nachricht gelöscht", "Sie haben diese Nachricht gelöscht", "Ce message a été supprimé"),
    *(
        "Vous avez supprimé ce message",
        "Se eliminó este mensaje",
        "Este mensaje fue eliminado",
        "Eliminaste este mensaje",
    ),
    *("Questo messaggio è stato eliminato", "Hai eliminato questo messaggio", "Esta mensagem foi apagada"),
    *("Essa mensagem foi apagada", "Mensagem apagada", "Você apagou esta mensagem", "Dit bericht is verwijderd"),
    *(
        "U hebt dit bericht verwijderd",
        "此消息已删除",
        "您已删除此消息",
        "你已删除这条消息",
        "此訊息已刪除",
        "你已刪除這則訊息",
    ),
    *(
        "このメッセージは削除されました",
        "삭제된 메시지입니다",
        "Данное сообщение удалено",
        "Это сообщение было удалено",
    ),
    *("Вы удалили это сообщение", "הודעה זו נמחקה", "מחקת את ההודעה הזו", "تم حذف هذه الرسالة", "Bu mesaj silindi"),
)
_EDITED = (
    *("<This message was edited>", "<Diese Nachricht wurde bearbeitet>", "<Diese Nachricht wurde bearbeitet.>"),
    *("<Ce message a été modifié>", "<Se editó este mensaje.>", "<Questo messaggio è stato modificato>"),
    *("<Mensagem editada>", "<Dit bericht is bewerkt>", "<此消息已编辑>", "<已编辑此消息>", "<此訊息已編輯>"),
)
_ENCRYPTED = (
    *("end-to-end encrypted", "end-to-end encryption", "Ende-zu-Ende-verschlüsselt", "chiffrés de bout en bout"),
    *(
        "cifrado de extremo a extremo",
        "crittografia end-to-end",
        "criptografia de ponta a ponta",
        "端到端加密",
        "端對端加密",
    ),
)
TITLES = re.compile(
    r"(?:WhatsApp[ _-]Chat[ _](?:with|mit)[ _]|WhatsApp[ _]Chat - |Chat[ _]de[ _]WhatsApp[ _]con[ _]"
    r"|Discussion[ _]WhatsApp[ _]avec[ _]|Chat[ _]WhatsApp[ _]con[ _]|Conversa[ _]do[ _]WhatsApp[ _]com[ _])(.+)"
    r"|与(.+?)的\s?WhatsApp\s?聊天(?:记录)?|(.+)との?WhatsAppトーク"
)
"""Names of exported files; a group is the name of the chat."""


def _any(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(one) for one in sorted(set(phrases), key=len, reverse=True))


BEFORE = re.compile(rf"<(?:{_any(_ATTACHED_BEFORE)})\s?[:：]\s?([^<>\n]+)>", re.IGNORECASE)
"""A file as iOS names it: `<attached: NAME>`."""

AFTER = re.compile(rf"([^\n]+?) \((?:{_any(_ATTACHED_AFTER)})\)", re.IGNORECASE)
"""A file as Android names it in the first line: `NAME (file attached)`."""

OMITTED = re.compile(rf"(?:(?P<name>[^\n]{{1,200}}?)\s)?(?:{_any(_OMITTED)})", re.IGNORECASE)
DELETED = re.compile(rf"(?:{_any(_DELETED)})[.。]?", re.IGNORECASE)
EDITED = re.compile(rf"\s?({_any(_EDITED)})\s*\Z", re.IGNORECASE)
ENCRYPTED = re.compile(_any(_ENCRYPTED), re.IGNORECASE)
