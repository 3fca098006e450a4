#include "simulator/baton.h"

#include <algorithm>

namespace dbstow::simulator {

void Baton::AddActor(std::function<void()> body) {
  actors_.push_back(std::make_unique<Actor>());
  actors_.back()->body = std::move(body);
  running_.push_back(actors_.back().get());
}

Baton::Actor* Baton::Draw() { return running_[random_.Below(running_.size())]; }

void Baton::Run() {
  if (running_.empty()) return;
  std::vector<std::jthread> threads;
  for (const auto& actor : actors_) {
    threads.emplace_back([this, each = actor.get()] {
      each->turn.acquire();
      each->body();
      Leave();
    });
  }
  moving_ = Draw();
  moving_->turn.release();
  all_done_.acquire();
}

void Baton::Pass() {
  Actor* const self = moving_;
  Actor* const next = Draw();
  if (next == self) return;
  moving_ = next;
  next->turn.release();
  self->turn.acquire();
}

void Baton::Leave() {
  std::erase(running_, moving_);
  if (running_.empty()) return all_done_.release();
  moving_ = Draw();
  moving_->turn.release();
}

}  // namespace dbstow::simulator
