#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "simulator/seeded_random.h"

namespace dbstow::simulator {

/// Runs several actors as threads of which exactly one moves at any time; who moves next is drawn
/// from a seed. So real, blocking code runs in an order that can be replayed.
class Baton {
 public:
  explicit Baton(SeededRandom& random) : random_(random) {}

  void AddActor(std::function<void()> body);
  /// Runs all actors to their ends.
  void Run();
  /// Called by the moving actor: somebody else may move before it goes on.
  void Pass();

 private:
  struct Actor {
    std::function<void()> body;
    std::binary_semaphore turn{0};
  };
  void Leave();
  [[nodiscard]] Actor* Draw();

  SeededRandom& random_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<Actor*> running_;
  Actor* moving_ = nullptr;
  std::binary_semaphore all_done_{0};
};

}  // namespace dbstow::simulator
