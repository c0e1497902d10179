#!/bin/sh
# SPDX-License-Identifier: MIT
# Owns: a session with git whose names of commits are the same each time. Must not know: who watches.
set -eu
export HOME="$PWD" GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat GIT_MERGE_AUTOEDIT=no
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'
git config --global pack.threads 1
git config --global index.threads 1
git config --global init.defaultBranch main
git config --global protocol.file.allow always
git init -q one && cd one
for n in $(seq 1 12); do
    seq "$n" 2000 >file.$n
    head -c 3000 /dev/zero | tr '\0' "$n" >binary
    git add . && git commit -qm "Number $n"
done
git tag -am annotated v1
git checkout -qb side && seq 1 50 >side.txt && git add side.txt && git commit -qm side && git mv file.1 moved && git commit -qam moved
git checkout -q main && echo main >>file.12 && git commit -qam main && git merge --no-ff -m merged side | cat
git checkout -qb topic HEAD~3 && echo topic >topic && git add topic && git commit -qm topic && git rebase -q main
echo conflict >>file.2 && git commit -qam conflict && git checkout -q main && echo other >>file.2 && git commit -qam other
git merge topic || echo "merge: $?"
git status --short && git diff | tail -n 8 && git checkout --theirs file.2 && git commit -qam resolved
git stash list && echo stashed >>file.3 && git stash -q && git stash pop -q && git checkout -q file.3
git cherry-pick -x side~1 >/dev/null 2>&1 || git cherry-pick --abort || true
git reset -q --hard && git revert --no-edit HEAD~2 >/dev/null 2>&1 || git revert --abort || true
git log --graph --format='%h %s %d' --all | cat
git blame -s file.12 | tail -n 2
git grep -c 777 | cat
git bisect start HEAD HEAD~4 >/dev/null && git bisect run true | tail -n 1 && git bisect reset -q 2>&1 | tail -n 1
git archive HEAD | tar -t | wc -l
git format-patch -q -o ../patches HEAD~1 && ls ../patches
git bundle create -q ../all.bundle --all && git bundle verify -q ../all.bundle
git gc -q --prune=now && git fsck --full --strict 2>&1 && git count-objects -v | grep 'in-pack\|^packs'
cd .. && git clone -q one two && git clone -q --bare one three.git && git clone -q all.bundle four && git clone -q --depth 1 "file://$PWD/one" five
cd two && git remote -v | sed "s|$HOME||" && echo pushed >pushed && git add . && git commit -qm pushed && git push -q "$HOME/three.git" HEAD:refs/heads/new
cd .. && git -C three.git log -1 --format='%H %s' new && git -C four fetch -q ../three.git new && git -C four rev-parse FETCH_HEAD
git -C two worktree add -q ../tree HEAD~1 && git -C two worktree list | sed "s|$HOME||" && git -C two submodule --quiet add "$HOME/three.git" sub && git -C two commit -qm sub
git -C five log --oneline | cat
for directory in one two three.git four five; do git -C $directory fsck 2>&1 && git -C $directory rev-parse HEAD; done
find . -name index -delete -o -name '*.lock' -print   # an index holds times and inode numbers
find . -name ORIG_HEAD -delete
