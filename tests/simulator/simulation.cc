#include "simulator/simulation.h"

#include "simulator/actors.h"

namespace dbstow::simulator {
namespace {

// A third of the seeds is free of faults, so that interleavings alone are explored too.
Faults DrawFaults(SeededRandom& random) {
  Faults faults;
  if (random.Chance(3333)) return faults;
  const auto rate = [&](unsigned most) { return static_cast<unsigned>(random.Below(most)); };
  faults.crash = rate(100);
  faults.error = rate(100);
  faults.lost_answer = rate(100);
  faults.full = rate(150);
  faults.clock_jump = rate(200);
  return faults;
}

class Run {
 public:
  Run(std::uint64_t seed, Mutation mutation) : world_(seed, mutation) {}

  std::optional<std::string> Execute() {
    world_.floor = 1 + static_cast<std::uint32_t>(world_.random.Below(2));
    if (!Prepare()) return "the repository cannot be prepared";
    AddActors();
    world_.faults = DrawFaults(world_.random);
    world_.baton.Run();
    actors_.clear();
    world_.faults = {};
    Actor janitor(world_, Role::kJanitor, passphrase_);
    if (auto opened = janitor.OpenRepository(); !opened) {
      world_.Violate("the repository does not open: " + opened.error().ToString());
    } else {
      janitor.CheckEverything();
    }
    return world_.violation;
  }

 private:
  bool Prepare() {
    Actor founder(world_, Role::kWriter, passphrase_);
    if (!founder.CreateRepository()) return false;
    const std::size_t backups = world_.random.Below(4);
    for (std::size_t i = 0; i < backups; ++i) {
      founder.WriteBackups(1);
      if (world_.random.Chance(5000)) founder.VerifyNewest();
      world_.step += 100;
    }
    return !world_.violation;
  }

  void Add(Role role, void (*body)(Actor&)) {
    actors_.push_back(std::make_unique<Actor>(world_, role, passphrase_));
    Actor* actor = actors_.back().get();
    if (!actor->OpenRepository()) world_.Violate("an actor cannot open the repository");
    world_.baton.AddActor([actor, body] {
      actor->store().GoLive();
      body(*actor);
    });
  }

  void AddActors() {
    const auto times = [&](std::size_t least, std::size_t more) {
      return least + world_.random.Below(more + 1);
    };
    for (std::size_t i = times(1, 1); i > 0; --i) {
      Add(Role::kWriter, [](Actor& actor) { actor.WriteBackups(2); });
    }
    for (std::size_t i = times(1, 1); i > 0; --i) {
      Add(Role::kPruner, [](Actor& actor) {
        actor.PruneOnce();
        actor.PruneOnce();
      });
    }
    if (world_.random.Chance(5000)) {
      Add(Role::kReader, [](Actor& actor) {
        actor.ReadSomeBackup();
        actor.VerifyNewest();
      });
    }
    if (world_.random.Chance(3000)) {
      Add(Role::kFencer, [](Actor& actor) { actor.FenceSomeSession(); });
    }
  }

  const SecretString passphrase_{"simulated"};
  World world_;
  std::vector<std::unique_ptr<Actor>> actors_;
};

}  // namespace

std::optional<std::string> Simulate(std::uint64_t seed, Mutation mutation) {
  return Run(seed, mutation).Execute();
}

}  // namespace dbstow::simulator
