"""The closed catalogue of causes: why two runs can differ, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why two runs can differ."""

    slug: str
    title: str
    recurs: bool
    """Whether results differ when simply run again here (``nondeterministic``), not only elsewhere (``fragile``)."""
    what: str
    """What happens in the user's program."""
    why: str
    """Why it matters."""
    example: str
    """Faulty code."""
    remedy: str
    """Sound code for the example."""
    limits: str
    """What the tool cannot tell about this cause."""


CAUSES: tuple[Cause, ...] = (
    Cause(
        slug="unseeded-random",
        title="Python's random module is used without a seed",
        recurs=True,
        what=(
            "A function of the random module, or a random.Random() without an argument, starts from the operating "
            "system's entropy."
        ),
        why="Every run shuffles, samples or initialises differently; seeding numpy does not reach it.",
        example="import random\nrandom.shuffle(rows)",
        remedy="import random\nrandom.seed(0)\nrandom.shuffle(rows)",
        limits=(
            "All unseeded draws of the module share one state, so they are one finding, located at the first draw "
            "that matters."
        ),
    ),
    Cause(
        slug="unseeded-numpy",
        title="A numpy generator is used without a seed",
        recurs=True,
        what=(
            "numpy.random.* functions without numpy.random.seed, or default_rng(), RandomState() or SeedSequence() "
            "without an argument."
        ),
        why=(
            "numpy.random.seed does not reach default_rng(): a program can look seeded and still differ from run to "
            "run."
        ),
        example="rng = np.random.default_rng()",
        remedy="rng = np.random.default_rng(0)",
        limits=(
            "Draws of the global state share one finding, located at the first that matters; each unseeded generator "
            "has its own."
        ),
    ),
    Cause(
        slug="unseeded-estimator",
        title="A scikit-learn estimator or splitter draws with random_state=None",
        recurs=True,
        what="With random_state=None scikit-learn draws from numpy's global state, which nobody seeded.",
        why="Splits, bootstraps and initial weights change from run to run, and scores with them.",
        example="model = RandomForestClassifier(n_estimators=10)",
        remedy="model = RandomForestClassifier(n_estimators=10, random_state=0)",
        limits=(
            "Draws inside worker processes are seen only where the worker is a Python process that the probes reach."
        ),
    ),
    Cause(
        slug="unseeded-torch",
        title="torch draws random numbers without a seed",
        recurs=True,
        what=(
            "Initial weights, dropout, torch.rand and the order of a shuffling DataLoader come from torch's default "
            "generator, and nobody called torch.manual_seed."
        ),
        why="Training starts from other weights and sees the batches in another order: every run is another model.",
        example="model = torch.nn.Linear(4, 2)",
        remedy="torch.manual_seed(0)\nmodel = torch.nn.Linear(4, 2)",
        limits=(
            "Draws of the default generator share one state, so they are one finding, at the last draw before the "
            "first difference. A generator made by torch.Generator() has a fixed seed and is no cause; its seed() is."
        ),
    ),
    Cause(
        slug="unseeded-tensorflow",
        title="TensorFlow draws random numbers without a seed",
        recurs=True,
        what=(
            "Operations without a seed of their own draw from TensorFlow's generators, and nobody called "
            "tf.random.set_seed or keras.utils.set_random_seed."
        ),
        why="Initial weights, dropout and the order of a shuffled data set change from run to run.",
        example="weights = tf.random.normal((4, 2))",
        remedy="tf.random.set_seed(0)\nweights = tf.random.normal((4, 2))",
        limits="The probe was not run against TensorFlow itself; draws that it does not see are `unexplained`.",
    ),
    Cause(
        slug="os-entropy",
        title="A result depends on the operating system's entropy",
        recurs=True,
        what="os.urandom, uuid.uuid4, secrets or random.SystemRandom feed a result; no seed reaches them.",
        why="Keys, orders and samples made from them can never be obtained again.",
        example="rows.sort(key=lambda row: uuid.uuid4())",
        remedy="rng = random.Random(0)\nrng.shuffle(rows)",
        limits="Entropy that libraries draw for their own ends (temporary names, sockets) is left alone.",
    ),
    Cause(
        slug="hash-order",
        title="A result depends on the order of a set or on hash()",
        recurs=True,
        what=(
            "Strings hash differently in every Python process unless PYTHONHASHSEED is set, so sets of strings "
            "iterate in another order."
        ),
        why=(
            "Columns, vocabularies and one-hot codes made from a set change places, and a model trained on them is "
            "another model."
        ),
        example="cols = list(set(numeric) | set(categorical))",
        remedy="cols = sorted(set(numeric) | set(categorical))",
        limits=(
            "Iterating over a set leaves no event: the line is found by reading the code that ran, and confirmed by "
            "trying the remedy."
        ),
    ),
    Cause(
        slug="clock",
        title="A result depends on the clock",
        recurs=True,
        what=(
            "The current time, or how long something took, reaches a result: a feature made from today's date, a seed "
            "made from the time, a loop that ends when its time is up."
        ),
        why="Tomorrow, or on a slower machine, the same code and data give another model.",
        example="age = (datetime.now() - frame['born']).dt.days",
        remedy="age = (pd.Timestamp('2024-01-01') - frame['born']).dt.days",
        limits=(
            "Only reads that user code makes are moved. What libraries read for their own ends, or what a database or "
            "another program reads, stays real. A date or duration that is only printed or drawn is a warning."
        ),
    ),
    Cause(
        slug="process-id",
        title="A result depends on the process id",
        recurs=True,
        what="os.getpid() seeds a generator, chooses a shard or names a group of the data.",
        why="The system gives every process another number.",
        example="rng = np.random.default_rng(os.getpid())",
        remedy="rng = np.random.default_rng(0)",
        limits="Process ids that libraries read for their own ends are left alone.",
    ),
    Cause(
        slug="file-order",
        title="A result depends on the order of a directory listing",
        recurs=False,
        what="os.listdir, os.scandir, glob and Path.iterdir give files in whatever order the file system has them.",
        why="Another disk, another checkout or a copied folder gives the data, and the model, another order.",
        example="frames = [pd.read_csv(path) for path in Path('parts').glob('*.csv')]",
        remedy="frames = [pd.read_csv(path) for path in sorted(Path('parts').glob('*.csv'))]",
        limits="Listings by other programs, and by libraries that list in C++ (and mostly sort), are not reordered.",
    ),
    Cause(
        slug="row-order",
        title="A result depends on a row order that the query leaves open",
        recurs=False,
        what=(
            "A query without ORDER BY, with ties in its ORDER BY, or with LIMIT over either, may give its rows in any "
            "order."
        ),
        why="After a VACUUM, an index, another version or another engine the rows come in another order.",
        example="pd.read_sql('SELECT * FROM sales', connection)",
        remedy="pd.read_sql('SELECT * FROM sales ORDER BY id', connection)",
        limits="Queries in dialects that cannot be parsed, and engines without a Python driver's hook, are named only.",
    ),
    Cause(
        slug="completion-order",
        title="A result depends on which concurrent task ends first",
        recurs=True,
        what="as_completed, imap_unordered and the like hand over results in the order in which tasks end.",
        why="Load, cores and chance decide that order, so it seldom comes again.",
        example="scores = [future.result() for future in as_completed(futures)]",
        remedy="scores = [future.result() for future in futures]",
        limits="Threads that share a list or a queue are not controlled: what they bring about is `unexplained`.",
    ),
    Cause(
        slug="timezone",
        title="A result depends on the local time zone",
        recurs=False,
        what="A naive local time (datetime.fromtimestamp, time.localtime, mktime) is taken for the data's time.",
        why="On a server in another zone the hour, the day and what is grouped by them change.",
        example="hour = datetime.fromtimestamp(stamp).hour",
        remedy="hour = datetime.fromtimestamp(stamp, tz=timezone.utc).hour",
        limits="Time zones that a program sets for itself hide the factor, as they should.",
    ),
    Cause(
        slug="locale",
        title="A result depends on the locale",
        recurs=False,
        what="Collation, month names, decimal signs or formats follow the machine's LC_ALL and LANG.",
        why="Another machine's locale sorts, parses and formats in another way.",
        example="locale.setlocale(locale.LC_ALL, '')\nnames.sort(key=locale.strxfrm)",
        remedy="names.sort()",
        limits="Only locales that are installed can be tried; without another one the factor is `ineffective`.",
    ),
    Cause(
        slug="cpu-count",
        title="A result depends on the number of CPUs",
        recurs=False,
        what="os.cpu_count() decides how data are split, how many models are averaged, or a seed.",
        why="A machine with another number of cores computes something else.",
        example="chunks = np.array_split(frame, os.cpu_count())",
        remedy="chunks = np.array_split(frame, 8)",
        limits="Only counts that user code asks for are changed; libraries are told the real one.",
    ),
    Cause(
        slug="thread-count",
        title="A result depends on the number of BLAS or OpenMP threads",
        recurs=False,
        what="Sums split over threads are added in another order, and something amplifies the last digits.",
        why="An unconverged or ill-conditioned fit gives another model on a machine with other cores.",
        example="LogisticRegression(max_iter=5).fit(X, y)",
        remedy="LogisticRegression(max_iter=1000).fit(scale(X), y)",
        limits="Varied with --reprocheck-vary=hardware only; there is no line but the first fit that differs.",
    ),
    Cause(
        slug="cpu-dispatch",
        title="A result depends on the processor's instructions",
        recurs=False,
        what="BLAS and numpy choose kernels by the processor; these round differently, and something amplifies it.",
        why="Another machine type gives another model although nothing else changed.",
        example="LogisticRegression(max_iter=5).fit(X, y)",
        remedy="LogisticRegression(max_iter=1000).fit(scale(X), y)",
        limits="Varied with --reprocheck-vary=hardware only; kernels other than OpenBLAS's and numpy's stay native.",
    ),
    Cause(
        slug="working-directory",
        title="A result depends on where the project lies",
        recurs=False,
        what="An absolute path, or a name or number made from the path of the checkout, reaches a result.",
        why="A colleague's checkout, or the CI server's, lies elsewhere.",
        example="frame = pd.read_csv('/home/me/project/data.csv')",
        remedy="frame = pd.read_csv(Path(__file__).parent / 'data.csv')",
        limits="Only in overlay workspaces; paths outside of the project are the same in all runs.",
    ),
    Cause(
        slug="network",
        title="A result depends on the network",
        recurs=True,
        what="Data, weights or settings are fetched while the subject runs.",
        why="What is fetched changes or disappears, and nobody notices which version was used.",
        example="frame = pd.read_csv('https://example.org/latest.csv')",
        remedy="keep a copy with its digest in the project, or fetch a pinned version",
        limits="Varied with --reprocheck-vary=hardware only.",
    ),
    Cause(
        slug="memory-address",
        title="A result depends on memory addresses",
        recurs=True,
        what="id(), the default hash or repr of an object, or the order of a set of objects, reaches a result.",
        why="Addresses are other ones in every process.",
        example="items.sort(key=id)",
        remedy="items.sort(key=lambda item: item.name)",
        limits="Confirmed where user code calls id(); orders of sets of objects are `unexplained`.",
    ),
    Cause(
        slug="leftover-state",
        title="A result depends on files that an earlier run left",
        recurs=True,
        what="The subject makes a file (cache, log, checkpoint), and does something else when it is there already.",
        why="The second run on the same checkout gives another result than the first, and nobody can tell which.",
        example="if cache.exists():\n    model = joblib.load(cache)",
        remedy="cache = Path(tempfile.mkdtemp()) / 'model.joblib'",
        limits="Only files of the project are looked at; not databases on servers and not caches elsewhere.",
    ),
    Cause(
        slug="input-mutated",
        title="The subject changes a file that it reads",
        recurs=True,
        what="A data file of the project is overwritten or appended to by the subject that reads it.",
        why="Every run starts from other data than the one before.",
        example="frame.to_csv('data.csv')",
        remedy="frame.to_csv('data_clean.csv')",
        limits="Only files of the project are looked at.",
    ),
    Cause(
        slug="stale-output",
        title="A notebook's stored outputs are not what its code gives",
        recurs=False,
        what="All runs agree, and the outputs that the notebook was saved with say something else.",
        why="Whoever reads the notebook sees results of other code, other data or other packages.",
        example="cell[3]: stored 0.861, runs 0.857",
        remedy="jupyter nbconvert --to notebook --execute --inplace churn.ipynb",
        limits=(
            "A warning. What differs between runs is reported there, and not here; notebooks with parameters and cells "
            "marked NBVAL_IGNORE_OUTPUT are left out."
        ),
    ),
    Cause(
        slug="unexplained",
        title="A difference that no controlled factor explains",
        recurs=True,
        what="The runs differ, and varying each factor alone did not bring the difference about.",
        why="The result cannot be obtained again, and this version cannot say why.",
        example="print(len(os.listdir('/proc')))",
        remedy="(none: see what the difference is, and the factors that were not varied)",
        limits=(
            "Races between threads, memory addresses other than through id(), and what other programs do are not "
            "controlled."
        ),
    ),
)
