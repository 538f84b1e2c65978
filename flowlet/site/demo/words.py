"""Words that people and places of the demo are made of; all invented or too common to mean anybody."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Land:
    """A country's words. ``phone`` is a format for a number: its ``#`` become digits."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    phone: str
    legal: str
    address: str = "{number} {street}"


LANDS = {
    "US": Land(
        (
            "James",
            "Maria",
            "Robert",
            "Linda",
            "Michael",
            "Ashley",
            "Daniel",
            "Jasmine",
            "Kevin",
            "Nicole",
            "Brandon",
            "Emily",
            "Marcus",
            "Olivia",
            "Tyler",
            "Grace",
            "Andre",
            "Hannah",
            "Luis",
            "Chloe",
        ),
        (
            "Walker",
            "Ramirez",
            "Johnson",
            "Nguyen",
            "Carter",
            "Brooks",
            "Patel",
            "Sullivan",
            "Hayes",
            "Coleman",
            "Rivera",
            "Morgan",
            "Foster",
            "Bennett",
            "Price",
            "Griffin",
            "Diaz",
            "Ward",
        ),
        (
            "Maple Avenue",
            "Oak Street",
            "Cedar Lane",
            "Lakeview Drive",
            "Washington Street",
            "Elm Court",
            "Sunset Boulevard",
            "River Road",
        ),
        (
            ("Austin", "78701"),
            ("Portland", "97204"),
            ("Chicago", "60614"),
            ("Denver", "80203"),
            ("Boston", "02116"),
            ("Atlanta", "30308"),
        ),
        "+120255501##",
        "LLC",
    ),
    "GB": Land(
        (
            "Oliver",
            "Amelia",
            "Harry",
            "Isla",
            "Jack",
            "Freya",
            "George",
            "Poppy",
            "Noah",
            "Evie",
            "Arthur",
            "Niamh",
            "Rhys",
            "Imogen",
            "Callum",
            "Zara",
            "Adeel",
            "Priya",
            "Ewan",
            "Matilda",
        ),
        (
            "Thompson",
            "Hughes",
            "Campbell",
            "Wright",
            "Ahmed",
            "Roberts",
            "Clarke",
            "Fletcher",
            "Murray",
            "Bailey",
            "Khan",
            "Pearce",
            "Doyle",
            "Whitfield",
            "Marsh",
            "Sinclair",
            "Okafor",
        ),
        (
            "High Street",
            "Station Road",
            "Church Lane",
            "Victoria Road",
            "Mill Lane",
            "Queens Avenue",
            "Albert Terrace",
            "Park View",
        ),
        (
            ("London", "N1 9GU"),
            ("Manchester", "M4 1HN"),
            ("Bristol", "BS1 4DJ"),
            ("Leeds", "LS1 5AT"),
            ("Cardiff", "CF10 1EP"),
            ("Glasgow", "G1 2FF"),
        ),
        "+447700900###",
        "Ltd",
    ),
    "DE": Land(
        (
            "Lukas",
            "Anna",
            "Felix",
            "Lena",
            "Jonas",
            "Mia",
            "Moritz",
            "Clara",
            "Emre",
            "Johanna",
            "Tobias",
            "Greta",
            "Niklas",
            "Frieda",
            "Bastian",
            "Leyla",
        ),
        (
            "Vogel",
            "Schreiber",
            "Brandt",
            "Kühn",
            "Lorenz",
            "Arslan",
            "Seidel",
            "Böhm",
            "Winter",
            "Haas",
            "Krüger",
            "Engel",
            "Pohl",
            "Busch",
        ),
        ("Lindenstraße", "Gartenweg", "Bahnhofstraße", "Am Markt", "Schillerstraße", "Bergstraße"),
        (("Berlin", "10115"), ("Hamburg", "20095"), ("Leipzig", "04109"), ("Köln", "50667"), ("München", "80331")),
        "+4930231250##",
        "GmbH",
        "{street} {number}",
    ),
    "FR": Land(
        (
            "Hugo",
            "Camille",
            "Louis",
            "Manon",
            "Théo",
            "Inès",
            "Gabriel",
            "Léa",
            "Adam",
            "Jeanne",
            "Nathan",
            "Yasmine",
            "Rémi",
            "Élodie",
        ),
        (
            "Lambert",
            "Moreau",
            "Girard",
            "Chevalier",
            "Benali",
            "Rousseau",
            "Fabre",
            "Mercier",
            "Blanchard",
            "Colin",
            "Perrin",
            "Roche",
        ),
        ("rue des Lilas", "avenue de la Gare", "rue du Moulin", "place du Marché", "rue Victor-Hugo", "chemin des Vignes"),
        (("Lyon", "69002"), ("Paris", "75011"), ("Nantes", "44000"), ("Lille", "59800"), ("Bordeaux", "33000")),
        "+33639980###",
        "SARL",
    ),
    "JP": Land(
        ("Haruto", "Yui", "Sota", "Hina", "Ren", "Aoi", "Yuto", "Sakura", "Daiki", "Mei", "Kaito", "Rin", "Takumi", "Nao"),
        (
            "Takahashi",
            "Kobayashi",
            "Yoshida",
            "Matsumoto",
            "Inoue",
            "Kimura",
            "Shimizu",
            "Hayashi",
            "Mori",
            "Abe",
            "Ikeda",
            "Ishikawa",
        ),
        ("Sakuragaoka", "Midorimachi", "Honcho", "Aoba", "Hikarigaoka", "Minamimachi"),
        (("Tokyo", "150-0031"), ("Osaka", "530-0001"), ("Yokohama", "220-0012"), ("Sapporo", "060-0001")),
        "+8190012345##",
        "K.K.",
        "{number}-{number2} {street}",
    ),
    "KW": Land(
        ("Ahmad", "Fatima", "Yousef", "Noura", "Khaled", "Dalal", "Bader", "Shaikha", "Fahad", "Mariam", "Talal", "Latifa"),
        ("Al-Rashid", "Al-Mutawa", "Al-Saleh", "Al-Kandari", "Al-Ajmi", "Al-Farsi", "Al-Hamad", "Al-Qattan", "Al-Enezi"),
        ("Palm Street", "Gulf Road", "Pearl Street", "Garden Street", "Harbour Street"),
        (("Salmiya", "22001"), ("Hawally", "32001"), ("Kuwait City", "13001")),
        "+965500001##",
        "W.L.L.",
        "Block {number2}, {street} {number}",
    ),
}


@dataclass(frozen=True, slots=True)
class Trade:
    """What a merchant sells: from and to how many dollars a sale, how often people come, and words for its name and its receipts."""

    low: int
    high: int
    weight: int
    nouns: tuple[str, ...]
    receipts: tuple[str, ...]


TRADES = (
    Trade(3, 12, 26, ("Coffee", "Bakery", "Espresso Bar"), ("Coffee and pastry", "Breakfast", "Cappuccino to go")),
    Trade(9, 95, 30, ("Grocers", "Market", "Pantry", "Greengrocer"), ("Weekly shopping", "Groceries", "Fruit and vegetables")),
    Trade(2, 18, 14, ("Transit", "Cabs", "Bikes"), ("Ride", "Day pass", "Monthly ticket, part")),
    Trade(25, 80, 8, ("Fuel", "Service Station"), ("Fuel", "Car wash and fuel")),
    Trade(5, 25, 8, ("Streaming", "Music", "News"), ("Subscription", "Monthly plan")),
    Trade(14, 70, 10, ("Kitchen", "Noodle House", "Trattoria"), ("Lunch", "Dinner for two", "Takeaway order")),
    Trade(
        30, 320, 4, ("Electronics", "Outfitters", "Home Store"), ("Order {number}", "Headphones", "Winter jacket", "Desk lamp")
    ),
)
ADJECTIVES = (
    "Bluebird",
    "Copper",
    "Juniper",
    "Northgate",
    "Silverline",
    "Harvest",
    "Lantern",
    "Meadow",
    "Orchard",
    "Pinecrest",
    "Quayside",
    "Redwood",
    "Sunrise",
    "Tidewater",
    "Willow",
    "Amber",
    "Beacon",
    "Cobalt",
    "Driftwood",
    "Ember",
    "Fernhill",
    "Goldfinch",
    "Hazel",
    "Ironbridge",
)
EMPLOYERS = ("Logistics", "Clinic", "Software", "Construction", "Hospitality", "Textiles", "Foods", "Engineering")
FRIENDLY = (
    "Dinner, thank you",
    "Rent, my share",
    "Concert tickets",
    "For the present",
    "Lunch yesterday",
    "Fuel for the trip",
    "Football fees",
    "Happy birthday",
)


def filled(pattern: str, dice: random.Random) -> str:
    """The pattern with each ``#`` replaced by a digit."""
    return "".join(str(dice.randrange(10)) if character == "#" else character for character in pattern)
