"""Seeded queries for the matcher: names of the lists, lightly changed, and people and companies that nobody lists.

``changed`` makes of a listed name what a clerk, a form or another alphabet makes of it, one change at a time. ``invented`` draws people
of many cultures and companies of made-up words; who happens to bear a listed name, or the first and last of
its words, word for word in any order, is left out, since that is a hit by right.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from anyascii import anyascii

from compliance.providers.watchlists.entries import Entry, EntryKind, NameQuality


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_KEYS: Final = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol", "a": "qsz",
    "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil", "l": "kop", "z": "asx", "x": "zsdc",
    "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
_ROMANISATIONS: Final = (
    ("kh", "h"), ("gh", "g"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("sh", "ch"), ("iy", "y"), ("yy", "y"), ("ey", "ei"), ("ei", "ey"),
    ("ya", "ia"), ("yu", "iu"), ("ai", "ay"), ("ay", "ai"), ("ph", "f"), ("q", "k"), ("dh", "d"), ("th", "t"), ("zh", "j"), ("dj", "j"),
    ("u", "ou"), ("i", "ee"), ("y", "i"), ("w", "v"), ("v", "w"), ("z", "s"), ("j", "dj"),
)  # fmt: skip
_ACCENTS: Final = {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "ü", "n": "ñ", "c": "ç", "s": "š", "z": "ž"}
_LEGAL: Final = (" LLC", " Ltd", " Co., Ltd.", " JSC", " Inc.", " GmbH", " S.A.")
_HONOURS: Final = frozenset(
    ["dr", "haji", "sheikh", "shaykh", "mullah", "qari", "hafiz", "general", "sayed", "sayyed", "maulavi", "mawlawi"]
)
_TITLES: Final = ("Mr ", "Dr. ", "Haji ", "General ", "Sheikh ", "Prof. ", "Eng. ")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: any of ``expected`` must be found (entries that share the listed name), none when it is empty; ``change`` was made."""

    name: str
    kind: EntryKind
    expected: frozenset[str]
    change: str


def shown(text: str) -> str:
    """A listed name in the order that people write: "KIM, Jong Un" is "Jong Un KIM"."""
    family, comma, given = text.partition(", ")
    return f"{given} {family}" if comma and given and "," not in given else text


def _letters(words: list[str], chance: random.Random) -> tuple[int, int] | None:
    """A word of four letters at least, and a place in it."""
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha() and word.isascii()]
    if not long:
        return None
    place = chance.choice(long)
    return place, chance.randrange(1, len(words[place]) - 1)


def _at(words: list[str], chance: random.Random, edit: Callable[[str, int], str]) -> str:
    found = _letters(words, chance)
    if found is None:
        return ""
    place, letter = found
    return " ".join([*words[:place], edit(words[place], letter), *words[place + 1 :]])


def _typed_wrong(words: list[str], chance: random.Random) -> str:
    def edit(word: str, at: int) -> str:
        near = _KEYS.get(word[at].lower(), "e")
        return word[:at] + chance.choice(near) + word[at + 1 :]

    return _at(words, chance, edit)


def _left_out(words: list[str], chance: random.Random) -> str:
    return _at(words, chance, lambda word, at: word[:at] + word[at + 1 :])


def _put_in(words: list[str], chance: random.Random) -> str:
    return _at(words, chance, lambda word, at: word[:at] + chance.choice("aeinorst") + word[at:])


def _swapped(words: list[str], chance: random.Random) -> str:
    return _at(words, chance, lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :])


def _doubled(words: list[str], chance: random.Random) -> str:
    return _at(words, chance, lambda word, at: word[:at] + word[at] + word[at:])


def _other_order(words: list[str], chance: random.Random) -> str:
    if len(words) < 2:
        return ""
    turned = words[1:] + words[:1] if chance.random() < 0.5 else words[-1:] + words[:-1]
    return " ".join(turned)


def _without_middle(words: list[str], chance: random.Random) -> str:
    if len([word for word in words if len(word) > 3]) < 3 or any(word.strip(".").lower() in _HONOURS for word in words):
        return ""
    place = chance.randrange(1, len(words) - 1)
    return " ".join(words[:place] + words[place + 1 :])


def _initial(words: list[str], chance: random.Random) -> str:
    full = [place for place, word in enumerate(words[:-1]) if len(word) > 2 and word.isalpha()]
    if len(full) < 1 or len(words) < 3:
        return ""
    place = chance.choice(full)
    return " ".join([*words[:place], words[place][0] + ".", *words[place + 1 :]])


def _romanised(words: list[str], chance: random.Random) -> str:
    text = " ".join(words).lower()
    rules = [rule for rule in _ROMANISATIONS if rule[0] in text]
    if not rules:
        return ""
    old, new = chance.choice(rules)
    places = [found.start() for found in re.finditer(old, text)]
    place = chance.choice(places)
    return text[:place] + new + text[place + len(old) :]


def _joined(words: list[str], chance: random.Random) -> str:
    if len(words) < 2:
        return ""
    place = chance.randrange(len(words) - 1)
    return " ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]])


def _split(words: list[str], chance: random.Random) -> str:
    long = [place for place, word in enumerate(words) if len(word) >= 7 and word.isalpha()]
    if not long:
        return ""
    place = chance.choice(long)
    at = chance.randrange(3, len(words[place]) - 2)
    return " ".join([*words[:place], words[place][:at], words[place][at:], *words[place + 1 :]])


def _accented(words: list[str], chance: random.Random) -> str:
    text = " ".join(words).lower()
    places = [place for place, letter in enumerate(text) if letter in _ACCENTS]
    if not places:
        return ""
    place = chance.choice(places)
    return text[:place] + _ACCENTS[text[place]] + text[place + 1 :]


def _titled(words: list[str], chance: random.Random) -> str:
    return chance.choice(_TITLES) + " ".join(words)


def _with_legal_form(words: list[str], chance: random.Random) -> str:
    return " ".join(words) + chance.choice(_LEGAL)


CHANGES: Final[dict[str, Callable[[list[str], random.Random], str]]] = {
    "letter mistyped": _typed_wrong,
    "letter left out": _left_out,
    "letter put in": _put_in,
    "letters swapped": _swapped,
    "letter doubled": _doubled,
    "other order": _other_order,
    "middle name left out": _without_middle,
    "initial": _initial,
    "other romanisation": _romanised,
    "words joined": _joined,
    "word split": _split,
    "accent": _accented,
    "title": _titled,
    "legal form": _with_legal_form,
}
_PERSONS_ONLY: Final = frozenset({"initial", "title", "middle name left out"})
_COMPANIES_ONLY: Final = frozenset({"legal form"})


def words_of(text: str) -> tuple[str, ...]:
    """The plain words of a name, sorted: what makes two names the same for the purpose of leaving namesakes out."""
    plain = anyascii(
        "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    ).lower()
    return tuple(sorted(re.findall(r"\w+", plain)))


def changed(entries: Sequence[Entry], count: int, seed: int = 1) -> Iterator[Asked]:
    """``count`` names of the lists, each changed once; primary names and strong aliases of two words or more."""
    chance = random.Random(seed)
    names = [
        (entry, name.text)
        for entry in entries
        for name in entry.names
        if name.quality != NameQuality.WEAK and name.text.isascii() and len(shown(name.text).split()) > 1
    ]
    namesakes: dict[tuple[str, ...], set[str]] = {}
    for entry, text in names:
        namesakes.setdefault(words_of(text), set()).add(entry.id)
    kinds = sorted(CHANGES)
    made = 0
    while made < count:
        entry, text = chance.choice(names)
        change = kinds[made % len(kinds)]
        is_person = entry.kind == EntryKind.PERSON
        if (change in _PERSONS_ONLY and not is_person) or (change in _COMPANIES_ONLY and entry.kind != EntryKind.ORGANISATION):
            continue
        new = CHANGES[change](shown(text).split(), chance)
        if not new:
            continue
        made += 1
        yield Asked(new, entry.kind, frozenset(namesakes[words_of(text)]), change)


def invented(entries: Iterable[Entry], count: int, seed: int = 2) -> Iterator[Asked]:
    """``count`` people (four in five) and companies that nobody lists."""
    chance = random.Random(seed)
    listed: dict[str, set[frozenset[str]]] = {}
    for entry in entries:
        for name in entry.names:
            words = frozenset(words_of(name.text))
            for word in words:
                listed.setdefault(word, set()).add(words)
    cultures = sorted(PEOPLE)
    made = 0
    while made < count:
        if made % 5 == 4:
            name, kind, change = _company(chance), EntryKind.ORGANISATION, "company"
        else:
            change = cultures[made % len(cultures)]
            name, kind = _person(change, chance), EntryKind.PERSON
        asked = frozenset(words_of(name))
        if any(asked <= words for words in listed.get(next(iter(sorted(asked))), ())):
            continue
        made += 1
        yield Asked(name, kind, frozenset(), change)


def _person(culture: str, chance: random.Random) -> str:
    given, family = (names.split() for names in PEOPLE[culture])
    first, last = chance.choice(given), chance.choice(family)
    if culture in _FAMILY_FIRST:
        return f"{last} {first}{chance.choice(given).lower()}" if culture == "chinese" else f"{last} {first}"
    if culture == "spanish":
        return f"{first} {chance.choice(given)} {last} {chance.choice(family)}" if chance.random() < 0.4 else f"{first} {last}"
    if culture == "arabic":
        return f"{first} {chance.choice(given)} {last}" if chance.random() < 0.6 else f"{first} {last}"
    if chance.random() < 0.2:
        return f"{first} {chance.choice(given)} {last}"
    return f"{first} {last}"


def _company(chance: random.Random) -> str:
    made_up = "".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 2, 3)))).capitalize()
    trades = chance.sample(TRADES, chance.choice((1, 1, 2)))
    shape = chance.random()
    if shape < 0.25:
        made_up = chance.choice(PEOPLE[chance.choice(sorted(PEOPLE))][1].split())
    elif shape < 0.35:
        made_up = "".join(chance.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(3))
    elif shape < 0.5:
        made_up = f"{chance.choice(_COMMON_FIRSTS)} {made_up}"
    return f"{made_up} {' '.join(trades)}{chance.choice(_LEGAL)}"


SYLLABLES: Final = _listed(
    "ba be bo bra cal cen cor da del dor en fa fel fi gal gen glo ha hel in jo ka kel kor la lan lu ma mar mel mi na nex no "
    "nor o or pa pel pro qua ra ren ri ro sa sel sol ta ten ti tor tra u va vel vi vol wa wes xi ya yor za zen zi"
)
TRADES: Final = _listed(
    "Trading Logistics Shipping Consulting Foods Energy Textiles Construction Software Pharma Electronics Textile Metals "
    "Holdings Capital Motors Chemicals Travel Media Engineering Systems Plastics Agro Import Export Steel Marine Aviation "
    "Services Group International"
)
_COMMON_FIRSTS: Final = _listed("New Royal Blue Golden First Global North Star United Green Delta Alpha Sun National")
_FAMILY_FIRST: Final = frozenset({"chinese", "korean", "vietnamese", "hungarian"})

# Given names; family names. Of no list and no register: what the writers of this file know of each culture.
PEOPLE: Final[dict[str, tuple[str, str]]] = {
    "english": (
        "Oliver George Arthur Noah Leo Harry Oscar Archie Henry Alice Florence Grace Ivy Freya Lily Evelyn Rosie Edith Harriet Neil",
        "Whitaker Ashworth Pemberton Holloway Thornton Bradshaw Fletcher Kirkpatrick Sutherland Barlow Chadwick Lockwood Mercer Smith",
    ),
    "american": (
        "Tyler Brandon Austin Dustin Cody Heather Amber Crystal Tiffany Logan Mason Hunter Savannah Brianna Chad Travis Derek Kayla Megan",
        "Johnson Hutchinson Vanderpool Stapleton Kowalchuk Reynolds Jefferson Washington Hendricks Boudreaux Delgado McAllister Sandoval",
    ),
    "german": (
        "Jürgen Heike Torsten Anke Matthias Silke Holger Birgit Dieter Ursula Lukas Leonie Finn Greta Moritz Sabine Rainer Jutta Detlef",
        "Bergmann Obermeier Schlegel Kretschmer Vogelsang Hartwig Steinbrecher Lindner Falkenberg Zimmermann Rosenthal Brückner Niemeyer",
    ),
    "french": (
        "Thierry Sandrine Sylvain Aurélie Guillaume Céline Mathieu Delphine Bastien Élodie Laurent Maëlle Gaston Odile Yves Corinne",
        "Lemoine Beauchamp Delacroix Fontaine Marchand Rousseau Chevalier Lacombe Perrin Guichard Boulanger Vasseur Tessier Renaud",
    ),
    "italian": (
        "Matteo Giulia Lorenzo Chiara Alessio Federica Davide Ilaria Simone Valentina Enrico Silvia Gianluca Paola Tommaso Beatrice",
        "Bellini Caruso Fabbri Galli Lombardi Mancini Moretti Pellegrini Rinaldi Serra Vitale Zanetti Bertolini Castellani Donati",
    ),
    "spanish": (
        "Alejandro Lucía Sergio Marta Javier Rocío Álvaro Pilar Gonzalo Inés Rubén Nuria Iván Beatriz Hugo Carmen Mateo Ximena Diego",
        "Garrido Navarro Domínguez Cabrera Montoya Salazar Iglesias Peñaloza Escobedo Arellano Villanueva Quintero Bermúdez Zamora López",
    ),
    "portuguese": (
        "João Beatriz Tiago Mariana Gustavo Larissa Rodrigo Camila Vinícius Fernanda Caio Thais Leandro Priscila Otávio Renata",
        "Carvalho Teixeira Nogueira Barbosa Cardoso Figueiredo Macedo Siqueira Pinheiro Azevedo Moura Tavares Coelho Bittencourt",
    ),
    "russian": (
        "Арсений Полина Кирилл Дарья Artyom Ksenia Ruslan Yulia Timofey Alina Gleb Veronika Stanislav Larisa Yaroslav Zoya",
        "Belyaev Gromov Zaytsev Lebedev Kuzmin Orlov Filippov Sorokin Tikhonov Vinogradov Zhukov Melnikov Shcherbakov Kozlov Pavlov",
    ),
    "polish": (
        "Krzysztof Agnieszka Tomasz Małgorzata Marcin Katarzyna Paweł Joanna Grzegorz Beata Łukasz Dorota Wojciech Ewelina",
        "Zieliński Dąbrowski Kozłowski Jankowski Mazur Krawczyk Piotrowski Grabowski Pawłowski Michalski Sikora Baran Szewczyk",
    ),
    "scandinavian": (
        "Bjørn Astrid Torbjörn Ingrid Håkon Sigrid Mads Freja Rasmus Linnea Eero Aino Kaisa Gunnar Solveig Jesper Maja",
        "Lindqvist Holmberg Sandström Bergström Haugen Solberg Kjær Mortensen Rasmussen Mäkinen Nieminen Lehtonen Ekström Dahl",
    ),
    "greek": (
        "Dimitris Eleni Giorgos Katerina Panagiotis Sofia Vasilis Ioanna Stavros Despina Christos Angeliki Nikos Athina",
        "Papanikolaou Georgiadis Vlachos Karagiannis Oikonomou Makris Pappas Antoniou Kostopoulos Alexiou Theodorou Samaras",
    ),
    "turkish": (
        "Emre Elif Burak Zeynep Cem Selin Kerem Merve Onur Ebru Serkan Gizem Tolga Pınar Hakan Derya Volkan",
        "Yıldız Özdemir Şahin Aksoy Erdem Polat Korkmaz Çetin Güneş Bozkurt Taş Karaca Ünal Toprak Avcı Keskin",
    ),
    "arabic": (
        "Khalil Rania Tarek Layla Samer Huda Nizar Salma Bassam Dina Wael Nour Marwan Hanan Ziad Amal Hatem Yasmin Mohammed Ahmed Ali Omar",
        "Haddad Khoury Mansour Nasser Sabbagh Farouk Al-Sharif Barakat Darwish Ghanem Kanaan Masri Qabbani Shaheen Zidan Al-Amin Hamdan",
    ),
    "persian": (
        "Arash Shirin Kamran Nasrin Babak Mahsa Siavash Parisa Kourosh Laleh Bijan Niloufar Ramin Azadeh Cyrus",
        "Tehrani Shirazi Kermani Ebadi Farahani Golzari Jahangiri Khosravi Mirzaei Naderi Rostami Sharifi Yazdani Zandi Bahrami",
    ),
    "indian": (
        "Arjun Priyanka Rohan Anjali Vikram Deepika Karthik Lakshmi Suresh Meera Harish Kavita Nikhil Swati Aditya Pooja Rajesh",
        "Chatterjee Iyer Nair Deshmukh Kulkarni Mukherjee Pillai Agarwal Bhattacharya Choudhary Trivedi Menon Banerjee Joshi Verma",
    ),
    "pakistani": (
        "Usman Ayesha Bilal Sana Faisal Hina Kashif Rabia Shahid Nadia Tahir Saima Waqas Mehwish Zubair Imran",
        "Qureshi Chaudhry Siddiqui Bhatti Mirza Cheema Rana Gilani Abbasi Rajput Dar Butt Mughal Awan Khattak",
    ),
    "chinese": (
        "Wei Ming Hua Jing Lei Na Tao Xin Yan Bo Hong Jun Ling Qiang Rui Shan Ting Xiang Ying Zhen",
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo Lin Luo Gao Zheng Shao Fang Qin",
    ),
    "korean": (
        "Min-jun Seo-yeon Ji-hoon Ha-eun Dong-hyun Soo-jin Tae-yang Eun-ji Joon-ho Yu-na Sang-woo Hye-jin Kyung-soo Mi-ran",
        "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Yoo Hong",
    ),
    "japanese": (
        "Haruto Sakura Yuto Aoi Sota Hina Riku Yui Kaito Mio Daichi Nanami Shota Misaki Kazuki Ayaka",
        "Matsumoto Inoue Kimura Hayashi Shimizu Yamazaki Mori Abe Ikeda Hashimoto Ishikawa Ogawa Fujita Okada Hasegawa Murakami",
    ),
    "vietnamese": (
        "Quang-Huy Thu-Ha Minh-Khoi Lan-Anh Bao-Long Kim-Ngan Gia-Bao Phuong-Thao Hoang-Nam Thanh-Tam Viet-Anh Ngoc-Mai",
        "Nguyen Tran Le Pham Hoang Phan Vu Dang Bui Do Ho Ngo Duong Ly",
    ),
    "african": (
        "Chinedu Ngozi Kwabena Akosua Babajide Folake Tendai Rudo Sipho Thandiwe Juma Wanjiru Mamadou Awa Abdoulaye Fatou",
        "Okonkwo Adebayo Owusu Boateng Mutasa Ndlovu Kariuki Ochieng Coulibaly Sissoko Balogun Eze Asante Nyambura Chukwu Dube",
    ),
    "indonesian": (
        "Agung Putri Bambang Wulan Dedi Ratna Eko Lestari Fajar Indah Hendra Sri Joko Yuni Rizky Tri",
        "Setiawan Kusuma Hidayat Nugroho Wijaya Saputra Pratama Rahayu Siregar Simanjuntak Gunawan Hartono Lubis Utami",
    ),
    "balkan": (
        "Miloš Jelena Dragan Snežana Goran Vesna Zoran Biljana Bogdan Ioana Radu Mihaela Plamen Desislava Arben Teuta",
        "Stojanović Đorđević Ilić Kovačević Marković Radulescu Munteanu Dumitrescu Todorov Stoyanov Hoxha Shehu Berisha Horvat",
    ),
    "hungarian": (
        "Gábor Katalin Zoltán Ildikó Attila Éva Balázs Zsófia Ferenc Réka Tamás Judit Péter Nóra",
        "Molnár Varga Farkas Balogh Papp Lakatos Takács Juhász Mészáros Oláh Rácz Fekete Somogyi Vörös",
    ),
}
