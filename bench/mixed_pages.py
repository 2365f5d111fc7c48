"""Pages of lines in several languages, drawn with Debian's Noto fonts (package fonts-noto-core, fonts-noto-cjk).

The same seed draws the same page. Texts are in the public domain: Austen, Carroll, Dickens, Keats, Melville,
Shakespeare; Descartes, La Fontaine, Pascal, Proust, Ronsard, Verlaine, Villon; Goethe, Heine, Müller, Schiller;
Confucius, Li Bai, Li Shen, Liu Zongyuan, Meng Haoran, Wang Wei, Wang Zhihuan; Basho, Heike monogatari, Masaoka Shiki,
Murasaki, Natsume Soseki, Sei Shonagon; Lermontov, Pushkin, Tolstoy; Becquer, Calderon, Cervantes, Espronceda; Dante,
Leopardi, Manzoni; Mickiewicz; Arirang and proverbs. The thresholds of ``ocrzoo.text.routing`` were set on the lines in
English, French, German, Chinese, Japanese, Russian and Korean; nothing was set on those in Spanish, Italian and Polish.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from bench.noto import font
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1240, 1754
"""Pixels: A4 at 150 an inch."""
SIZES = (22, 26, 32, 40)
"""Pixels an em."""

NUMBERS = ""
"""Stands for the language of lines without letters, which are on every page."""
TEXTS: dict[str, tuple[str, ...]] = {
    "en": (
        "It is a truth universally acknowledged",
        "that a single man in possession",
        "It was the best of times",
        "Call me Ishmael. Some years ago",
        "We are such stuff as dreams are made on",
        "The quality of mercy is not strained",
        "A thing of beauty is a joy for ever",
        "To be, or not to be, that is the question",
        "Good night! Parting is such sweet sorrow",
        "Alice was beginning to get very tired",
        "of sitting by her sister on the bank",
        "What's in a name?",
    ),
    "fr": (
        "Longtemps, je me suis couché de bonne heure",
        "Le cœur a ses raisons que la raison",
        "Mignonne, allons voir si la rose",
        "Mais où sont les neiges d'antan",
        "Rien ne sert de courir; il faut partir",
        "Maître Corbeau, sur un arbre perché",
        "Tenait en son bec un fromage",
        "Je pense, donc je suis",
        "Il pleure dans mon cœur",
        "Comme il pleut sur la ville",
        "Les sanglots longs des violons",
        "de l'automne",
    ),
    "de": (
        "Wer reitet so spät durch Nacht und Wind",
        "Es ist der Vater mit seinem Kind",
        "Über allen Gipfeln ist Ruh",
        "Kennst du das Land, wo die Zitronen blühn",
        "Freude, schöner Götterfunken",
        "Ich weiß nicht, was soll es bedeuten",
        "Habe nun, ach! Philosophie",
        "Juristerei und Medizin",
        "Der Mensch ist frei geschaffen",
        "Die Axt im Haus erspart den Zimmermann",
        "Das Wandern ist des Müllers Lust",
        "Am Brunnen vor dem Tore",
    ),
    "zh": (
        "床前明月光，疑是地上霜",
        "举头望明月，低头思故乡",
        "春眠不觉晓，处处闻啼鸟",
        "夜来风雨声，花落知多少",
        "白日依山尽，黄河入海流",
        "欲穷千里目，更上一层楼",
        "学而时习之，不亦说乎",
        "有朋自远方来，不亦乐乎",
        "红豆生南国，春来发几枝",
        "千山鸟飞绝，万径人踪灭",
        "锄禾日当午，汗滴禾下土",
        "粒粒皆辛苦",
    ),
    "ja": (
        "吾輩は猫である。名前はまだ無い",
        "どこで生れたかとんと見当がつかぬ",
        "古池や蛙飛びこむ水の音",
        "春はあけぼの。やうやう白くなりゆく",
        "いづれの御時にか、女御更衣",
        "柿くへば鐘が鳴るなり法隆寺",
        "祇園精舎の鐘の声",
        "親譲りの無鉄砲で小供の時から",
    ),
    "ru": (
        "Я помню чудное мгновенье",
        "Передо мной явилась ты",
        "Мой дядя самых честных правил",
        "Белеет парус одинокий",
        "В тумане моря голубом",
        "Все счастливые семьи похожи",
        "друг на друга, каждая несчастливая",
        "Выхожу один я на дорогу",
    ),
    "ko": (
        "아리랑 아리랑 아라리요",
        "아리랑 고개로 넘어간다",
        "나를 버리고 가시는 임은",
        "십 리도 못 가서 발병 난다",
        "가는 말이 고와야 오는 말이 곱다",
        "세 살 버릇 여든까지 간다",
        "소 잃고 외양간 고친다",
        "천 리 길도 한 걸음부터",
    ),
    "es": (
        "En un lugar de la Mancha, de cuyo nombre",
        "no quiero acordarme",
        "¿Qué es la vida? Un frenesí",
        "que toda la vida es sueño",
        "Volverán las oscuras golondrinas",
        "Con diez cañones por banda",
        "viento en popa, a toda vela",
    ),
    "it": (
        "Nel mezzo del cammin di nostra vita",
        "mi ritrovai per una selva oscura",
        "Lasciate ogne speranza, voi ch'intrate",
        "La bocca sollevò dal fiero pasto",
        "Sempre caro mi fu quest'ermo colle",
        "Quel ramo del lago di Como",
    ),
    "pl": (
        "Litwo! Ojczyzno moja! ty jesteś jak zdrowie",
        "Ile cię trzeba cenić, ten tylko się dowie",
        "Kto cię stracił.",
    ),
    NUMBERS: ("1874", "12.50", "3.14159265", "2024-06-01"),
}


@dataclass(frozen=True)
class Drawn:
    """A line of a page."""

    language: str
    text: str
    middle: float
    """y, in pixels."""


def page(languages: Sequence[str], seed: int, *, scan: bool = False) -> tuple[NDArray[np.uint8], list[Drawn]]:
    """Return a page (H x W x 3, uint8, BGR) and its lines from top to bottom; ``scan`` adds blur and noise."""
    chance = random.Random(seed)
    lines = [(language, text) for language in (*languages, NUMBERS) for text in TEXTS[language]]
    chance.shuffle(lines)
    paper = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(paper)
    top, drawn = 60, []
    for language, text in lines:
        size = chance.choice(SIZES)
        face = font(language, chance.randrange(2), size)
        left, above, _, below = (round(value) for value in face.getbbox(text))
        if top + below > HEIGHT - 60:
            break
        pen.text((80 + chance.randrange(120) - left, top), text, font=face, fill="black")
        drawn.append(Drawn(language, text, top + (above + below) / 2))
        top += round(size * 1.9)
    pixels = np.asarray(paper)[:, :, ::-1].copy()
    return (_scanned(pixels, seed) if scan else pixels), drawn


def _scanned(pixels: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(abs(seed)).normal(0, 12, pixels.shape[:2])
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.9).astype(np.float32) * 0.8 + 30 + noise[:, :, None]
    return np.clip(soft, 0, 255).astype(np.uint8)
