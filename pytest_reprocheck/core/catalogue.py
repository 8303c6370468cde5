"""The closed catalogue of causes: why two runs can differ, and what to do about it."""

from __future__ import annotations

from pytest_reprocheck.core.catalogue_of_drift import DRIFT_CAUSES
from pytest_reprocheck.core.cause import Cause

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
        remedy="""\
random.seed(0)
random.shuffle(readings)
""",
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
        remedy="tf.random.set_seed(0)\nweights = tf.random.normal((4, 2))",
        limits=(
            "Tried with TensorFlow 2.21 and Keras 3.15. Keras takes the default seeds of its layers from Python's "
            "random, so an unseeded model is unseeded-random as well; keras.utils.set_random_seed(0) seeds all. "
            "Numbers of tf.random.Generator.from_non_deterministic_state are `unexplained`."
        ),
    ),
    Cause(
        slug="os-entropy",
        title="A result depends on the operating system's entropy",
        recurs=True,
        what=(
            "os.urandom, uuid, secrets or random.SystemRandom feed a result, and no seed reaches them; or an engine "
            "draws from its own generator: polars' sample() and shuffle() without a seed, random() or a sample in SQL."
        ),
        why="Keys, orders and samples made from them can never be obtained again.",
        remedy="""\
rng = random.Random(0)
rng.shuffle(patients)
""",
        limits=(
            "Entropy that libraries draw for their own ends (temporary names, sockets) is left alone. Draws in SQL are "
            "told by the query's text, without a proof."
        ),
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
        remedy="columns = sorted(numeric | categorical)",
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
        remedy="""\
today = date(2024, 1, 1)
ages = [(today - day).days / 365.25 for day in born]
""",
        limits=(
            "Only reads that user code makes are moved, and those by which scikit-learn measures the times that it "
            "gives back. What libraries read for their own ends, or what a database or another program reads, stays "
            "real. A date or duration that is only printed or drawn is a warning."
        ),
    ),
    Cause(
        slug="process-id",
        title="A result depends on the process id",
        recurs=True,
        what="os.getpid() seeds a generator, chooses a shard or names a group of the data.",
        why="The system gives every process another number.",
        remedy="rng = random.Random(0)",
        limits="Process ids that libraries read for their own ends are left alone.",
    ),
    Cause(
        slug="file-order",
        title="A result depends on the order of a directory listing",
        recurs=False,
        what="os.listdir, os.scandir, glob and Path.iterdir give files in whatever order the file system has them.",
        why="Another disk, another checkout or a copied folder gives the data, and the model, another order.",
        files={"parts/1.txt": "oak\n", "parts/2.txt": "birch\n", "parts/3.txt": "maple\n"},
        remedy='texts = [part.read_text() for part in sorted(parts.glob("*.txt"))]',
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
        remedy='rows = database.execute("SELECT amount FROM sales ORDER BY id LIMIT 10").fetchall()',
        limits="Queries in dialects that cannot be parsed, and engines without a Python driver's hook, are named only.",
    ),
    Cause(
        slug="completion-order",
        title="A result depends on which concurrent task ends first",
        recurs=True,
        what=(
            "as_completed, imap_unordered and the like hand over results in the order in which tasks end; threads that "
            "append to one list, or put into one queue, leave them there in the order in which they get to it."
        ),
        why="Load, cores and chance decide that order, so it seldom comes again.",
        remedy="scores = [future.result() for future in futures]",
        limits=(
            "Threads that one line starts, and work of thread pools, run in their order or in reverse, one after the "
            "other as far as they end soon. Loops that interleave, daemon threads, callbacks, and tasks of asyncio "
            "that append are not controlled: what they bring about is `unexplained`."
        ),
    ),
    Cause(
        slug="timezone",
        title="A result depends on the local time zone",
        recurs=False,
        what="A naive local time (datetime.fromtimestamp, time.localtime, mktime) is taken for the data's time.",
        why="On a server in another zone the hour, the day and what is grouped by them change.",
        remedy="hours = [datetime.fromtimestamp(start, tz=timezone.utc).hour for start in starts]",
        limits="Time zones that a program sets for itself hide the factor, as they should.",
    ),
    Cause(
        slug="locale",
        title="A result depends on the locale",
        recurs=False,
        what="Collation, month names, decimal signs or formats follow the machine's LC_ALL and LANG.",
        why="Another machine's locale sorts, parses and formats in another way.",
        remedy="names.sort()",
        limits="Only locales that are installed can be tried; without another one the factor is `ineffective`.",
    ),
    Cause(
        slug="cpu-count",
        title="A result depends on the number of CPUs",
        recurs=False,
        what="os.cpu_count() decides how data are split, how many models are averaged, or a seed.",
        why="A machine with another number of cores computes something else.",
        remedy="size = len(readings) // 4",
        limits="Only counts that user code asks for are changed; libraries are told the real one.",
    ),
    Cause(
        slug="thread-count",
        title="A result depends on the number of BLAS or OpenMP threads",
        recurs=False,
        what="Sums split over threads are added in another order, and something amplifies the last digits.",
        why="An unconverged or ill-conditioned fit gives another model on a machine with other cores.",
        vary="threads",
        remedy="use an algorithm that does not amplify the last digits, or set OPENBLAS_NUM_THREADS",
        limits="Varied with --reprocheck-vary=hardware only; there is no line but the first fit that differs.",
    ),
    Cause(
        slug="cpu-dispatch",
        title="A result depends on the processor's instructions",
        recurs=False,
        what="BLAS and numpy choose kernels by the processor; these round differently, and something amplifies it.",
        why="Another machine type gives another model although nothing else changed.",
        vary="simd",
        remedy="use an algorithm that does not amplify the last digits, or set OPENBLAS_CORETYPE",
        limits="Varied with --reprocheck-vary=hardware only; kernels other than OpenBLAS's and numpy's stay native.",
    ),
    Cause(
        slug="gpu-kernel",
        title="A GPU adds in an order of its own, and a result shows it",
        recurs=True,
        what=(
            "Threads of a GPU add to the same place in the order they come in, or a library measures which kernel is "
            "the quickest today; the sums round differently, and something amplifies it."
        ),
        why="The same program, data and seeds on the same machine give another model in every run.",
        remedy="torch.use_deterministic_algorithms(True)",
        limits=(
            "Where the subject's own file names the device, runs go one after the other, run A twice before B; where "
            "another module does, from the explaining runs on. Two runs with deterministic kernels "
            "(torch, TensorFlow and JAX are told so) confirm it; an operation that has no deterministic form is named "
            "by torch alone, and not confirmed. Differences that leave all decisions as they are, are warnings. What "
            "was tried without a GPU is in limits.md."
        ),
    ),
    Cause(
        slug="working-directory",
        title="A result depends on where the project lies",
        recurs=False,
        what="An absolute path, or a name or number made from the path of the checkout, reaches a result.",
        why="A colleague's checkout, or the CI server's, lies elsewhere.",
        remedy="seed = 0",
        limits="Only in overlay workspaces; paths outside of the project are the same in all runs.",
    ),
    Cause(
        slug="environment-variable",
        title="A result depends on the user, the host or an environment variable",
        recurs=False,
        what=(
            "A variable that is set here and need not be, the user's or the host's name, or the home folder reaches a "
            "result: a seed, a fold, a learning rate."
        ),
        why="A colleague, or the CI server, has another name and other variables, and gets another result.",
        remedy="fold = 3",
        limits=(
            "Variables are given their default where the code names one. Those without a default, paths, secrets, what "
            "the subject's `env` sets, and files in the home folder stay as they are."
        ),
    ),
    Cause(
        slug="network",
        title="A result depends on the network",
        recurs=True,
        what="Data, weights or settings are fetched while the subject runs.",
        why="What is fetched changes or disappears, and nobody notices which version was used.",
        remedy='frame = pd.read_csv("data/latest-2024-01-01.csv")',
        limits="Varied with --reprocheck-vary=hardware only.",
    ),
    Cause(
        slug="memory-address",
        title="A result depends on memory addresses",
        recurs=True,
        what="id(), the default hash or repr of an object, or the order of a set of objects, reaches a result.",
        why="Addresses are other ones in every process.",
        remedy="nodes.sort(key=lambda node: node.name)",
        limits=(
            "Confirmed where user code calls id(), and where the line that makes an order of a set of objects is found "
            "by reading the code. Small sets of objects often come in the same order in all runs: they are not noticed."
        ),
    ),
    Cause(
        slug="leftover-state",
        title="A result depends on files that an earlier run left",
        recurs=True,
        what="The subject makes a file (cache, log, checkpoint), and does something else when it is there already.",
        why="The second run on the same checkout gives another result than the first, and nobody can tell which.",
        remedy="""\
score = 0.5 + 0.1
best.write_text(str(score))
""",
        limits="Only files of the project are looked at; not databases on servers and not caches elsewhere.",
    ),
    Cause(
        slug="input-mutated",
        title="The subject changes a file that it reads",
        recurs=True,
        what="A data file of the project is overwritten or appended to by the subject that reads it.",
        why="Every run starts from other data than the one before.",
        files={"prices.txt": "12.5\n8.0\n31.25\n"},
        remedy='Path("prices_gross.txt").write_text("\\n".join(map(str, values)))',
        limits="Only files of the project are looked at.",
    ),
    Cause(
        slug="hidden-state",
        title="A notebook fails because a cell reads what no earlier cell makes",
        recurs=False,
        what=(
            "Run from top to bottom, a cell reads a name (or a column) that a later cell makes, or that none makes any "
            "more: it was left in the kernel by cells that were run in another order, changed or deleted."
        ),
        why="Nobody but the kernel that has it can run the notebook, and what it holds cannot be looked up.",
        remedy="scale = train.std()\nscaled = train / scale",
        limits=(
            "Names and keys that make a cell fail. A cell that runs with another value than in the kernel it was saved "
            "from shows as `stale-output`. Where no cell makes the name it is not confirmed, and a name that is much "
            "like one that is known counts as misspelt."
        ),
    ),
    Cause(
        slug="stale-output",
        title="A notebook's stored outputs are not what its code gives",
        recurs=False,
        what="All runs agree, and the outputs that the notebook was saved with say something else.",
        why="Whoever reads the notebook sees results of other code, other data or other packages.",
        remedy="jupyter nbconvert --to notebook --execute --inplace churn.ipynb",
        limits=(
            "A warning. What differs between runs is reported there, and not here; notebooks with parameters and cells "
            "marked NBVAL_IGNORE_OUTPUT are left out."
        ),
    ),
    *DRIFT_CAUSES,
    Cause(
        slug="dead-parameter",
        title="A parameter changes nothing",
        recurs=False,
        what="Sets of parameters that are alike but for one of them give the same results to the last digit.",
        why=(
            "What was tuned, compared or reported by it was one and the same model; often a cell below assigns the "
            "name again, or the code reads another one."
        ),
        remedy="model = Ridge(alpha=alpha)",
        limits=(
            "A warning. Sets that are reproducible are compared, at least two that differ in this parameter alone; "
            "values that two sets happen to share, as of a threshold that nothing reaches, look the same."
        ),
    ),
    Cause(
        slug="seed-parameter",
        title="A parameter for the seed does not control the result",
        recurs=False,
        what=(
            "A parameter whose name says that it is a seed (seed, random_state ...) is the same in two runs and their "
            "results differ by unseeded draws; or it differs between two sets and no result does."
        ),
        why="Repeating a run by its parameters gives something else, or trying several seeds tries one.",
        remedy="rng = np.random.default_rng(seed)\nx = rng.normal(size=100)",
        limits=(
            "A warning, beside the findings for the draws themselves. A model that draws nothing has no use for a "
            "seed, and looks the same as one that ignores it."
        ),
    ),
    Cause(
        slug="unexplained",
        title="A difference that no controlled factor explains",
        recurs=True,
        what="The runs differ, and varying each factor alone did not bring the difference about.",
        why="The result cannot be obtained again, and this version cannot say why.",
        remedy="(none: look at what differs, and at the factors that were not varied)",
        limits=(
            "Races between threads, addresses in memory that reach a result as text, and what other programs do are "
            "not controlled."
        ),
    ),
)
