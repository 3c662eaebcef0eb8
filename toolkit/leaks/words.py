"""The lists of words that the matchers know."""

from __future__ import annotations

from typing import Final

# Names that are words: a name made of nothing else counts only with capitals.
ALSO_WORDS: Final = frozenset({
    "will", "mark", "may", "grace", "rose", "hope", "faith", "joy", "bill", "frank", "drew", "jack", "rich",
    "dawn", "april", "june", "august", "summer", "autumn", "art", "chance", "chase", "clay", "dean", "gene",
    "grant", "guy", "lance", "miles", "nick", "pat", "ray", "rob", "sue", "wade", "king", "young", "long",
    "brown", "white", "green", "black", "gray", "day", "love", "best", "small", "short", "hill", "wood",
    "stone", "page", "price", "sharp", "strong", "swift", "case", "bell", "bush", "cook", "field", "fields",
    "fish", "fox", "hall", "hunt", "lake", "lane", "law", "marsh", "moon", "north", "west", "park", "pool",
    "power", "reed", "rice", "rivers", "snow", "speed", "star", "street", "waters", "winter", "banks", "baker",
    "butcher", "carpenter", "cooper", "farmer", "fisher", "gardener", "miller", "potter", "smith", "taylor",
    "walker", "blanc", "petit", "grand", "legrand", "leblanc", "lenoir", "roux", "roy", "claire", "aime",
    "prudence", "constance", "pascal", "marin", "martin", "sage", "noble",
})  # fmt: skip
# Before a pseudonym: somebody is called so.
CALLED: Final = frozenset({
    "annotator", "annotators", "worker", "workers", "labeler", "labelers", "labeller", "labellers", "reviewer",
    "reviewers", "adjudicator", "adjudicators", "pseudonym", "pseudonyms", "completed", "annotated", "labelled",
    "annotateur", "annotateurs", "annotatrice", "annotatrices", "annote",
})  # fmt: skip
# Texts with one of these are about annotating.
ANNOTATING: Final = frozenset({
    "annotator", "annotators", "annotation", "annotations", "annotating", "annotated", "annotates", "labeler",
    "labelers", "labeller", "labellers", "labeling", "labelling", "labeled", "labelled", "mislabeled",
    "mislabelled", "relabel", "adjudicator", "adjudicators", "adjudication", "crowdworker", "crowdworkers", "kappa",
    "annotateur", "annotateurs", "annotatrice", "annotatrices", "annoter", "annote",
})  # fmt: skip
# Names of fields that tell a gold task, or its answer.
GOLD_KEYS: Final = frozenset({
    "gold", "is_gold", "was_gold", "gold_label", "gold_labels", "gold_answer", "gold_answers", "golden",
    "ground_truth", "groundtruth", "is_ground_truth", "expected", "expected_answer", "expected_label",
    "answer_key", "correct_answer", "correct_label", "reference_answer", "reference_label", "solution_key",
})  # fmt: skip
# What is said of people who annotate; without accents.
JUDGEMENTS: Final = frozenset({
    "cheater", "cheaters", "cheat", "cheats", "cheated", "cheating", "fraud", "frauds", "fraudster",
    "fraudulent", "spammer", "spammers", "suspected", "suspect", "suspects", "suspicious", "fired", "dismissed",
    "terminated", "sacked", "warning", "warnings", "warned", "blacklist", "blacklisted", "banned",
    "underperforming", "underperformer", "unreliable", "lazy", "careless", "slow", "slowest", "sloppy",
    "incompetent", "accuracy", "performance", "performer", "productivity", "probation", "tricheur", "tricheurs",
    "tricheuse", "tricheuses", "triche", "soupconne", "soupconnee", "suspecte", "suspectes", "fraude",
    "fraudeur", "fraudeuse", "licencie", "licenciee", "licencies", "licenciement", "renvoye", "renvoyee",
    "vire", "viree", "avertissement", "avertissements", "lent", "lente", "paresseux", "negligent", "rendement",
    "productivite", "exactitude", "incompetente", "suspectee", "suspectees", "soupconnes", "soupconnees",
    "fraudeurs", "fraudeuses", "licenciees", "renvoyes", "renvoyees", "vires", "virees", "lents", "lentes",
    "paresseuse", "paresseuses", "negligente", "negligents", "negligentes", "incompetents", "incompetentes",
    "inaccurate", "unreliably", "disqualified", "misconduct",
})  # fmt: skip
