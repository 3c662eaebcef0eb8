"""The packs that come with the toolkit send plain passages to specialists, and whole news articles to none of them."""

from pathlib import Path

import pytest

from toolkit.documents import read_documents, split_document
from toolkit.models import Document, Queue
from toolkit.packs import FALLBACK_DOMAIN, bundled_configs, load_packs
from toolkit.routing import TaskRouter

SEEDS = Path(__file__).resolve().parent.parent.parent / "seeds"


@pytest.fixture(scope="module")
def router():
    return TaskRouter(load_packs(bundled_configs() / "domains"))


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.fr.md")), ids=lambda path: path.name)
def test_no_whole_digest_goes_to_a_specialist_queue(router, path):
    [document] = read_documents([path])
    assert isinstance(document, Document)
    [task] = split_document(document, max_chars=100_000, max_turns=30)
    assert router.route(task).domain == FALLBACK_DOMAIN


@pytest.mark.parametrize(
    ("domain", "language", "text"),
    [
        ("finance", "en", "Net income fell as bond yields rose and the central bank lifted its interest rate again."),
        ("finance", "en", "The smart contract locks collateral in a liquidity pool and pays stablecoin yields."),
        (
            "finance",
            "en",
            "The company reported third-quarter revenue of $4.2 billion and raised its full-year guidance.",
        ),
        ("finance", "en", "My direct debit was returned and my account is overdrawn; how do I set up an overdraft?"),
        (
            "finance",
            "en",
            "If the price of a substitute good rises, the demand curve shifts and so does the equilibrium price.",
        ),
        ("finance", "en", "Goods bought on credit were returned. Which ledger accounts are debited and credited?"),
        ("finance", "en", "Nodes reach finality once two thirds of validators attest; conflicting votes are slashed."),
        (
            "finance",
            "en",
            "The OLS estimator remains unbiased under heteroskedasticity, but its standard errors are wrong.",
        ),
        ("finance", "fr", "Le bénéfice net recule, le rendement des obligations monte et l'action perd 4 % en Bourse."),
        ("finance", "fr", "Calculez le besoin en fonds de roulement et commentez la solvabilité de l'entreprise."),
        ("finance", "fr", "La BCE relève ses taux directeurs de 25 points de base pour contenir la hausse des prix."),
        ("finance", "fr", "Comment contester un prélèvement que je n'ai pas autorisé sur mon compte courant ?"),
        ("finance", "fr", "Le portefeuille Lightning ouvre un canal de paiement et règle la facture en satoshis."),
        ("finance", "fr", "L'assureur refuse de payer le dégât des eaux, exclu par la police d'assurance."),
        ("finance", "fr", "Pour amortir un matériel sur cinq ans, quelle est la dotation annuelle ?"),
        ("medicine", "en", "The patient was diagnosed with pneumonia and given antibiotics twice a day."),
        ("medicine", "en", "Pt with shortness of breath, lungs with crackles, started on furosemide 40 mg IV."),
        ("medicine", "en", "Take one capsule twice daily and tell your doctor if you are breastfeeding."),
        ("medicine", "en", "The median nerve passes through the carpal tunnel and innervates the thenar eminence."),
        ("medicine", "en", "The capsid of the retrovirus contains reverse transcriptase."),
        ("medicine", "en", "The root canal failed and the gums were swollen around the abscess."),
        ("medicine", "en", "Cystic fibrosis is an autosomal recessive disorder; one child in four is affected."),
        ("medicine", "fr", "Le patient souffre d'hypertension ; le médecin a prescrit un traitement antibiotique."),
        ("medicine", "fr", "Homme fumeur adressé pour dyspnée d'effort et œdèmes des membres inférieurs."),
        ("medicine", "fr", "Prendre un comprimé matin et soir. Ne pas utiliser en cas d'allaitement."),
        ("medicine", "fr", "Quel est le traitement de première intention de la cystite aiguë simple ?"),
        ("medicine", "fr", "Le nerf sciatique émerge du bassin et innerve la loge postérieure de la cuisse."),
        ("medicine", "fr", "Le vétérinaire a prescrit un vermifuge et conseille un rappel de vaccin."),
        ("law", "en", "The plaintiff alleges breach of contract; the defendant contests the court's jurisdiction."),
        ("law", "en", "The tenant shall not assign or sublet the premises without the landlord's written consent."),
        ("law", "en", "Held: the warrantless search violated the Fourth Amendment; judgment reversed."),
        (
            "law",
            "en",
            "Member States shall bring into force the laws and regulations necessary to comply with this Directive.",
        ),
        ("law", "en", "We may share your personal information with our affiliates; you can request deletion."),
        ("law", "en", "Hart argued that a legal system rests on a rule of recognition."),
        ("law", "en", "The testator left the residue of his estate to two nephews; the will had one witness."),
        (
            "law",
            "fr",
            "La cour d'appel a jugé le licenciement sans cause réelle et sérieuse au regard du code du travail.",
        ),
        (
            "law",
            "fr",
            "Soustraire frauduleusement la chose d'autrui est un vol, puni de trois ans d'emprisonnement.",
        ),
        ("law", "fr", "Attendu que l'arrêt attaqué rejette la demande en réparation ; casse et annule."),
        ("law", "fr", "Le vendeur garantit l'acheteur contre les vices cachés de la chose vendue."),
        (
            "law",
            "fr",
            "Vos données à caractère personnel sont conservées trois ans ; vous disposez d'un droit de rectification.",
        ),
        (
            "law",
            "fr",
            "Les contribuables sont imposables à raison de leurs revenus ; l'impôt est établi par voie de rôle.",
        ),
        ("security", "en", "Attackers used a phishing mail to install ransomware and steal credentials."),
        ("security", "en", "Improper input validation allows an unauthenticated user to read arbitrary files."),
        ("security", "en", "Adversaries may modify registry run keys to maintain access after reboot."),
        ("security", "en", "I found the flag by overflowing the stack; checksec shows no canary and NX enabled."),
        ("security", "en", "Enable MFA and restrict inbound traffic in the security group to known addresses."),
        ("security", "en", "The trojanised installer drops a loader that beacons to its C2 over HTTPS."),
        ("security", "fr", "Une vulnérabilité permet l'exécution de code arbitraire à distance par un attaquant."),
        ("security", "fr", "Activez l'authentification à deux facteurs et ne réutilisez jamais le même mot de passe."),
        ("security", "fr", "L'agence recommande d'appliquer les correctifs sans délai et de segmenter le réseau."),
        ("security", "fr", "Contrefaçon de requête côté serveur dans le module d'import, score de base 8,1."),
        ("security", "fr", "Les opérateurs du rançongiciel ont chiffré les serveurs et réclament une rançon."),
        ("security", "fr", "L'analyse de risque EBIOS identifie les événements redoutés."),
        ("stem", "en", "Prove that the derivative of the function is continuous and compute its integral."),
        (
            "stem",
            "en",
            "Tom cycles at 15 km per hour for 40 minutes and then walks 2 km. Find the total distance covered.",
        ),
        (
            "stem",
            "en",
            "A 2 kg block slides down a frictionless incline of 30 degrees. What is its speed at the bottom?",
        ),
        ("stem", "en", "Which compound has the highest boiling point: methane, ethanol or propane?"),
        (
            "stem",
            "en",
            "In Drosophila, red eyes are dominant. Cross a heterozygous female and give the ratio of the offspring.",
        ),
        (
            "stem",
            "en",
            "SELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id HAVING COUNT(*) > 5 ORDER BY 2 DESC;",
        ),
        ("stem", "en", "The borrow checker complains that the value was moved into the closure; should I clone it?"),
        ("stem", "en", "The star runs out of hydrogen and expands into a red giant."),
        ("stem", "en", "Overfitting can be reduced by dropout while the neural network is trained."),
        ("stem", "fr", "Démontrer le théorème, puis calculer la dérivée de la fonction et résoudre l'équation."),
        ("stem", "fr", "Un mobile glisse sans frottement sur un plan incliné ; établir le bilan des forces."),
        (
            "stem",
            "fr",
            "Équilibrer la réaction de combustion du méthane et calculer le volume de dioxyde de carbone dégagé.",
        ),
        ("stem", "fr", "La réplication de l'ADN précède la division cellulaire."),
        ("stem", "fr", "Comment fusionner deux listes en Python sans perdre l'ordre des éléments ?"),
        (
            "stem",
            "fr",
            "Une requête SQL avec une jointure externe gauche renvoie aussi les lignes sans correspondance.",
        ),
        ("stem", "fr", "Dans un triangle ABC rectangle en A, quelle est la longueur de BC ?"),
    ],
)
def test_plain_passages_go_to_their_specialists(router, domain, language, text):
    route = router.route_text(text, language)
    assert (route.domain, route.queue) == (domain, Queue.DOMAIN), route.reason


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The chatbot company laid off a third of its data annotation team on Friday evening."),
        ("en", "Her late goal, and the heart attack of a finish, ended the visitors' hopes."),
        ("en", "We walked along the bank of the river and had a picnic under the old oak."),
        ("en", "He has a share in a racehorse and spends his Sundays at the track."),
        ("en", "The critics attacked the play, but audiences kept coming for two years."),
        ("en", "There is real chemistry between the leads, and the solution to the mystery is clever."),
        ("en", "The virus of jealousy spreads through the novel, whose heroine is a prisoner of her own pride."),
        ("en", "The root cause of the delay was a lack of volunteers, the organiser admitted."),
        ("en", "The appeal of the small town lies in its calm and its bakery."),
        ("en", "The novel charges its hero with the task of finding a lost key."),
        ("en", "Operation of the cable car will resume after the storm."),
        ("en", "A brand's positioning tells the target audience why the product differs from its rivals."),
        ("en", "I'm calling about my parcel, the tracking page says delivered but nothing came."),
        ("en", "The striker, who has two years left on his contract, wants a transfer to a bigger club."),
        ("fr", "L'entreprise licencie un tiers de son équipe d'annotation et mise sur des formateurs spécialisés."),
        ("fr", "Le club a gagné son dernier match devant vingt mille spectateurs ravis."),
        ("fr", "L'attaque du PSG a fait exploser la défense adverse en seconde période."),
        ("fr", "Le virus de la course l'a pris à trente ans, il ne peut plus s'en passer."),
        ("fr", "Il y a une vraie alchimie entre les deux acteurs, dit le metteur en scène."),
        ("fr", "L'opération de nettoyage de la plage a réuni deux cents bénévoles."),
        ("fr", "Le sélectionneur a livré son verdict : trois joueurs blessés manqueront le prochain match."),
        ("fr", "L'appel du large l'a poussé à vendre sa maison et à partir en voilier."),
        ("fr", "Il possède une part d'un cheval de course et passe ses dimanches à l'hippodrome."),
        ("fr", "La clé du roman est dans le premier chapitre, et la solution surprend jusqu'au bout."),
        ("fr", "L'entreprise cherche à fidéliser sa clientèle et à soigner son image auprès des jeunes."),
    ],
)
def test_news_and_everyday_life_stay_general(router, language, text):
    assert router.route_text(text, language).domain == FALLBACK_DOMAIN
