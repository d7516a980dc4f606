"""Invented names. Some carry characters that a page has to escape; lists of legs are long enough for one event."""

PEOPLE = (
    "Ada Lindqvist", "Bram O'Dell", "Carla Mendes", "Dario Fontaine", "Edda Kowal", "Farid Nasser", "Greta Holm",
    "Hugo Barros", "Ines Varga", "Jonas Reuter", "Kaia Sorensen", "Lior Adler", "Mira Castell", "Nils Bergmann",
    "Olga Petrenko", "Pavel Dvorak", "Quinn Harper", "Rosa Zamora", "Sami Laine", "Tove Ekman", "Umar Siddiq",
    "Vera Novak", "Wim de Groot",
)  # fmt: skip
TEAMS = (
    "Harbour City", "Rook & Raven", "Northgate United", "Lakeside Rovers", "Iron Bridge", "Old Mill Athletic",
    "Sankt Elmo", "Vale Rangers", "Copper Hill", "Saltmarsh Town", "Red Lantern", "Windmere Wanderers", "Fort Aldous",
    "Blackwater", "Kingsferry", "Pinecrest", "Dynamo Tarn",
)  # fmt: skip
PLACES = (
    "Norland", "Velasca", "East Marren", "Tarrow", "Galdor", "Isle of Brae", "Corvania", "Sudmark", "Lower Ostia",
    "Meridia", "Port Alder", "Karst", "Heliopol",
)  # fmt: skip
OFFICES = ("Presidential", "Senate", "Gubernatorial", "Mayoral", "Parliamentary")
PARTIES = ("Civic", "Harvest", "Liberty & Labour", "Green Union", "Progress")
COINS = ("Bitcoin", "Ethereum", "Solana", "XRP", "Dogecoin")
FILMS = (
    "The Tin Orchard", "Salt & Thunder", "Nine Lanterns", "A Quiet Meridian", "Paper Foxes", "Under Two Moons",
    "The Last Cartographer", "Glass Harvest", "Winter's Ledger", "Mother of Rivers", "Ash Wednesday Blues",
)  # fmt: skip
AWARDS = ("Golden Compass", "Silver Reel", "Meridian Prize", "Lumen Award")
CATEGORIES = ("Best Picture", "Best Debut", "Best Score", "Best Screenplay")
BODIES = ("Central Bank", "Senate", "Space Agency", "Football League", "Grid Operator", "Port Authority")
DEEDS = (
    "cut its rate", "approve the budget", "launch the Halcyon probe", "name a new chair", "lift the export ban",
    "publish the audit", "raise its quota",
)  # fmt: skip
ACCORDS = ("ceasefire", "trade pact", "water treaty", "fisheries accord", "border agreement", "debt settlement")
RIVERS = ("Tarn", "Upper Ost", "Marren", "Saltwater", "Galdor", "Brae")
INDICES = ("Halden 40", "Meridia Composite", "Norland Shares Index", "Corvania All Share", "Karst Tech 100")
TOPICS = (
    "a new satellite", "a merger", "a price freeze", "layoffs", "a share buyback", "a new chief executive",
    "a recall", "a dividend", "a stock split", "a new headquarters", "an open-source model", "a strike settlement",
    "a rate plan", "a museum grant", "a data-centre lease", "a ferry line", "a night train",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
